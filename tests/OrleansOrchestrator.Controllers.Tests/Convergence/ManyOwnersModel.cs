using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.DaemonSets;
using OrleansOrchestrator.Controllers.Deployments;
using OrleansOrchestrator.Controllers.Jobs;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Replication;
using OrleansOrchestrator.Controllers.StatefulSets;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Kinds.Batch;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Convergence;

/// <summary>A namespace with an owner of each kind, all controllers of pods, and what scheduler and nodes do to the pods.</summary>
internal sealed class ManyOwnersModel
{
    public const string Deployed = "deployed";
    public static readonly string[] Apps = ["counted", "set", Deployed, "daemon", "ordered", "task"];

    private static readonly string[] Nodes = ["n1", "n2"];

    private readonly IReconciler[] _reconcilers =
        [new ReplicationControllerReconciler(), new ReplicaSetReconciler(), new DeploymentReconciler(), new DaemonSetReconciler(), new StatefulSetReconciler(), new JobReconciler()];

    public ManyOwnersModel()
    {
        Cluster.Refuses = action => action is CreateObject { Object: { Metadata.Name: { Length: > 0 } name } obj } && Cluster.Find(obj.GetType(), obj.Key) is not null
            ? ApiErrors.AlreadyExists(action.Resource, name)
            : null;
        foreach (var node in Nodes)
            Cluster.Add(new V1Node { Metadata = new V1ObjectMeta { Name = node }, Spec = new V1NodeSpec() });
        Cluster.Add(new V1ReplicationController { Metadata = New("counted"), Spec = new V1ReplicationControllerSpec { Replicas = 2, Selector = Samples.Labels("counted"), Template = TemplateOf("counted") } });
        Cluster.Add(new V1ReplicaSet { Metadata = New("set"), Spec = new V1ReplicaSetSpec { Replicas = 2, Selector = SelectorOf("set"), Template = TemplateOf("set") } });
        Cluster.Add(new V1Deployment
        {
            Metadata = New(Deployed),
            Spec = new V1DeploymentSpec
            {
                Replicas = 3,
                Selector = SelectorOf(Deployed),
                Template = TemplateOf(Deployed),
                Strategy = new V1DeploymentStrategy { Type = "RollingUpdate", RollingUpdate = new V1RollingUpdateDeployment { MaxSurge = 1, MaxUnavailable = 1 } },
            },
        });
        Cluster.Add(new V1DaemonSet
        {
            Metadata = New("daemon"),
            Spec = new V1DaemonSetSpec
            {
                Selector = SelectorOf("daemon"),
                Template = TemplateOf("daemon"),
                UpdateStrategy = new V1DaemonSetUpdateStrategy { Type = "RollingUpdate", RollingUpdate = new V1RollingUpdateDaemonSet { MaxUnavailable = 1, MaxSurge = 0 } },
            },
        });
        Cluster.Add(new V1StatefulSet
        {
            Metadata = New("ordered"),
            Spec = new V1StatefulSetSpec
            {
                Replicas = 2,
                ServiceName = "ordered",
                Selector = SelectorOf("ordered"),
                Template = TemplateOf("ordered"),
                UpdateStrategy = new V1StatefulSetUpdateStrategy { Type = "RollingUpdate", RollingUpdate = new V1RollingUpdateStatefulSetStrategy { Partition = 0 } },
            },
            Status = new V1StatefulSetStatus { AvailableReplicas = 0 },
        });
        Cluster.Add(new V1Job
        {
            Metadata = New("task"),
            Spec = new V1JobSpec
            {
                Parallelism = 2,
                Completions = 2,
                BackoffLimit = 1000,
                ManualSelector = true,
                Selector = SelectorOf("task"),
                Template = TemplateOf("task"),
                PodReplacementPolicy = "TerminatingOrFailed",
            },
        });
    }

    public ClusterModel Cluster { get; } = new() { KeepsDeletedPods = true };

    public IReadOnlyList<V1Pod> Pods => Cluster.All<V1Pod>();

    /// <summary>What each pod's owner is.</summary>
    public IReadOnlyList<V1Pod> PodsOf(KubeObject owner) => [.. Pods.Where(pod => pod.Controller?.Uid == owner.Metadata.Uid)];

    public T Find<T>(string name)
        where T : class, KubeObject => Cluster.Find<T>(new ObjectKey(Samples.Namespace, name))!;

    /// <summary>Changes an object as a user does.</summary>
    public void Change<T>(T obj, Action<T> change)
        where T : class, KubeObject
    {
        var changed = ObjectCodec.Clone(Cluster.Find<T>(obj.Key)!);
        change(changed);
        Cluster.Remove(obj);
        Cluster.Add(changed);
    }

    /// <summary>Has every controller look at every object of its kind once.</summary>
    /// <param name="actionsMax">How much of each plan is done before the controller dies.</param>
    /// <returns>How much was written.</returns>
    public int Reconcile(int actionsMax = int.MaxValue)
    {
        var written = 0;
        foreach (var reconciler in _reconcilers)
        {
            foreach (var key in KeysOf(reconciler).ToList())
            {
                if (actionsMax == int.MaxValue)
                    written += Cluster.Step(reconciler, key).Actions.Count;
                else
                    Cluster.Apply(reconciler.Reconcile(Cluster.Observe(reconciler, key)).Actions.Take(actionsMax));
            }
        }

        return written;
    }

    /// <summary>Does what scheduler and node do next about a pod: binds it, makes it ready, or ends it.</summary>
    /// <returns>Whether there was anything to do.</returns>
    public bool Attend(V1Pod pod)
    {
        switch (pod)
        {
            case { IsDeleting: true, Metadata.Finalizers: not { Count: > 0 } }:
                Cluster.Remove(pod);
                return true;
            case { IsDeleting: true, IsTerminal: false }:
                Change(pod, ended => ended.Status = new V1PodStatus { Phase = PodPhase.Failed });
                return true;
            case { IsDeleting: false, IsTerminal: false } when string.IsNullOrEmpty(pod.Spec.NodeName):
                Change(pod, bound => bound.Spec.NodeName = DaemonPods.NodeOf(pod) ?? Nodes[0]);
                return true;
            case { IsDeleting: false, IsTerminal: false, IsReady: false }:
                Change(pod, ready => ready.Status = new V1PodStatus
                {
                    Phase = PodPhase.Running,
                    Conditions = [new V1PodCondition { Type = "Ready", Status = "True", LastTransitionTime = Cluster.Now.UtcDateTime }],
                });
                return true;
            default:
                return false;
        }
    }

    /// <summary>Lets everything happen for a while.</summary>
    /// <returns>Whether nobody has anything left to do.</returns>
    public bool TryRun(int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            // Failed pods are replaced after a back-off.
            Cluster.Now += TimeSpan.FromMinutes(20);
            var written = Reconcile();
            var attended = Pods.Count(Attend);
            if (written == 0 && attended == 0)
                return true;
        }

        return false;
    }

    /// <summary>Lets everything happen until nobody has anything left to do.</summary>
    public void Run()
    {
        if (TryRun(100))
            return;
        throw new InvalidOperationException("the controllers do not come to rest");
    }

    private IEnumerable<ObjectKey> KeysOf(IReconciler reconciler) => (reconciler switch
    {
        ReplicationControllerReconciler => Cluster.All<V1ReplicationController>().Cast<KubeObject>(),
        ReplicaSetReconciler => Cluster.All<V1ReplicaSet>(),
        DeploymentReconciler => Cluster.All<V1Deployment>(),
        DaemonSetReconciler => Cluster.All<V1DaemonSet>(),
        StatefulSetReconciler => Cluster.All<V1StatefulSet>(),
        _ => Cluster.All<V1Job>(),
    }).Select(obj => obj.Key);

    private static V1ObjectMeta New(string name) => new() { NamespaceProperty = Samples.Namespace, Name = name, Uid = $"uid-of-{name}", Generation = 1 };

    private static V1LabelSelector SelectorOf(string app) => new() { MatchLabels = Samples.Labels(app) };

    private static V1PodTemplateSpec TemplateOf(string app) => new()
    {
        Metadata = new V1ObjectMeta { Labels = app == "task" ? new Dictionary<string, string>(Samples.Labels(app)) { [JobMetadataKeys.JobName] = app } : Samples.Labels(app) },
        Spec = new V1PodSpec { RestartPolicy = app == "task" ? "Never" : "Always", Containers = [new V1Container { Name = "main", Image = "one" }] },
    };
}
