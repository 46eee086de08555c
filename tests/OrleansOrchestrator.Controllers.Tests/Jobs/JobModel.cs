using System.Globalization;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Jobs;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Kinds.Batch;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Controllers.Tests.Jobs;

/// <summary>A cluster with one job, and a node that ends pods as a test wants.</summary>
internal sealed class JobModel
{
    public static readonly ObjectKey Key = new(Samples.Namespace, "pi");
    public static readonly JobReconciler Reconciler = new();

    private static readonly ResourceDefinition Definition = BuiltInKinds.Registry[WellKnownResources.Jobs];

    public JobModel(Action<V1JobSpec>? change = null, bool keepsDeletedPods = false)
    {
        Cluster = new ClusterModel { KeepsDeletedPods = keepsDeletedPods };
        var job = New(change);
        Cluster.Add(job);
    }

    public ClusterModel Cluster { get; }

    public V1Job Job => Cluster.Find<V1Job>(Key)!;

    public V1JobStatus Status => Job.Status;

    public IReadOnlyList<V1Pod> Pods => Cluster.All<V1Pod>();

    public IReadOnlyList<V1Pod> Active => [.. Pods.Where(pod => pod.IsActive)];

    public static V1Job New(Action<V1JobSpec>? change = null)
    {
        var job = new V1Job
        {
            ApiVersion = "batch/v1",
            Kind = "Job",
            Metadata = new V1ObjectMeta { NamespaceProperty = Key.Namespace, Name = Key.Name, Uid = "uid-of-pi", Generation = 1 },
            Spec = new V1JobSpec
            {
                Template = new V1PodTemplateSpec
                {
                    Spec = new V1PodSpec { RestartPolicy = "Never", Containers = [new V1Container { Name = "main", Image = "pi" }] },
                },
            },
        };
        change?.Invoke(job.Spec);
        Definition.PrepareForCreate(job);
        Definition.ApplyDefaults(job);
        return job;
    }

    /// <summary>Plans once, and applies the first actions, or all.</summary>
    public Plan Step(int actionsMax = int.MaxValue)
    {
        var plan = Reconciler.Reconcile(Cluster.Observe(Reconciler, Key));
        foreach (var update in plan.Actions.OfType<UpdateStatus>())
        {
            var errors = new FieldErrors();
            Definition.ValidateStatusUpdate(update.Object, Job, errors);
            string.Join('\n', errors.All).ShouldBeEmpty();
        }

        Cluster.Apply(plan.Actions.Take(actionsMax));
        Cluster.Events.AddRange(plan.Events);
        // A pod that no node has taken on goes at once.
        foreach (var pod in Cluster.All<V1Pod>().Where(pod => pod.Spec.NodeName is null))
            (pod.Spec.NodeName, pod.Status) = ("node", pod.Status ?? new V1PodStatus { Phase = PodPhase.Pending });
        return plan;
    }

    /// <summary>Runs the controller until it plans nothing.</summary>
    public JobModel Settle()
    {
        for (var round = 0; round < 40; round++)
        {
            if (Step().Actions.Count == 0)
                return this;
        }

        throw new InvalidOperationException("the Job does not settle");
    }

    public JobModel Edit(Action<V1Job> change)
    {
        var edited = ObjectCodec.Clone(Job);
        change(edited);
        Cluster.Remove(edited);
        Cluster.Add(edited);
        return this;
    }

    /// <summary>Time goes by, and the controller looks again.</summary>
    public JobModel Pass(double seconds)
    {
        Cluster.Now += TimeSpan.FromSeconds(seconds);
        return Settle();
    }

    public void Succeed(V1Pod pod) => End(pod, PodPhase.Succeeded, 0);

    public void Fail(V1Pod pod, int exitCode = 1) => End(pod, PodPhase.Failed, exitCode);

    public void Change(V1Pod pod, Action<V1Pod> change)
    {
        var changed = ObjectCodec.Clone(Cluster.Find<V1Pod>(pod.Key)!);
        change(changed);
        Cluster.Remove(changed);
        if (!changed.IsDeleting || changed.Metadata.DeletionGracePeriodSeconds > 0 || changed.Metadata.Finalizers is { Count: > 0 })
            Cluster.Add(changed);
    }

    public void Delete(V1Pod pod, int graceSeconds = 30) => Cluster.Apply([new DeleteObject(WellKnownResources.Pods, pod.Key, pod.Metadata.Uid, graceSeconds)]);

    /// <summary>The node has ended a pod that was deleted.</summary>
    public void Stop(V1Pod pod, string phase = PodPhase.Failed) => Change(pod, stopped =>
    {
        if (!stopped.IsTerminal)
            stopped.Status.Phase = phase;
        stopped.Metadata.DeletionGracePeriodSeconds = 0;
    });

    public static int? IndexOf(V1Pod pod) => pod.Metadata.Annotations?.TryGetValue(JobMetadataKeys.CompletionIndex, out var text) is true
        ? int.Parse(text, CultureInfo.InvariantCulture)
        : null;

    public V1Pod WithIndex(int index) => Active.Single(pod => IndexOf(pod) == index);

    public bool Has(string condition) => JobConditions.Has(Status, condition);

    private void End(V1Pod pod, string phase, int exitCode) => Change(pod, ended =>
    {
        ended.Status ??= new V1PodStatus();
        ended.Status.Phase = phase;
        var terminated = new V1ContainerStateTerminated { ExitCode = exitCode, FinishedAt = Cluster.Now.UtcDateTime };
        ended.Status.ContainerStatuses = [new V1ContainerStatus { Name = "main", Image = "pi", State = new V1ContainerState { Terminated = terminated } }];
    });
}
