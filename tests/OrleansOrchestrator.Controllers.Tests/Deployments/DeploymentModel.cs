using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Deployments;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Replication;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Deployments;

/// <summary>A deployment in a model of a cluster, with the controllers that act on it and nodes that run its pods.</summary>
internal sealed class DeploymentModel
{
    public static readonly ObjectKey Key = new(Samples.Namespace, "web");
    public static readonly DeploymentReconciler Reconciler = new();

    private static readonly ReplicaSetReconciler SetReconciler = new();

    private readonly Dictionary<ObjectKey, Plan> _late = [];

    public DeploymentModel(int replicas = 3, Action<V1Deployment>? change = null, bool keepsDeletedPods = false)
    {
        Cluster = new ClusterModel { KeepsDeletedPods = keepsDeletedPods };
        var deployment = new V1Deployment
        {
            ApiVersion = "apps/v1",
            Kind = "Deployment",
            Metadata = new V1ObjectMeta { NamespaceProperty = Key.Namespace, Name = Key.Name },
            Spec = new V1DeploymentSpec
            {
                Replicas = replicas,
                Selector = new V1LabelSelector { MatchLabels = Samples.Labels("web") },
                Template = TemplateOf("web:1"),
                RevisionHistoryLimit = 10,
                ProgressDeadlineSeconds = 600,
                Strategy = new V1DeploymentStrategy
                {
                    Type = "RollingUpdate",
                    RollingUpdate = new V1RollingUpdateDeployment { MaxSurge = "25%", MaxUnavailable = "25%" },
                },
            },
        };
        change?.Invoke(deployment);
        Cluster.Add(deployment);
    }

    public ClusterModel Cluster { get; }

    public V1Deployment Deployment => Cluster.Find<V1Deployment>(Key)!;

    public V1DeploymentStatus Status => Deployment.Status;

    /// <summary>The ReplicaSets, the oldest first.</summary>
    public IReadOnlyList<V1ReplicaSet> Sets => [.. Cluster.All<V1ReplicaSet>().OrderBy(set => set.Metadata.CreationTimestamp)];

    /// <summary>The pods that count as replicas.</summary>
    public IReadOnlyList<V1Pod> Pods => [.. Cluster.All<V1Pod>().Where(pod => pod.IsActive)];

    /// <summary>The wanted replicas of the ReplicaSets, the oldest first.</summary>
    public IReadOnlyList<int> Sizes => [.. Sets.Select(set => set.Spec.Replicas ?? 1)];

    public IReadOnlyList<string> Messages => [.. Cluster.Events.Where(told => told.Reason == "ScalingReplicaSet").Select(told => told.Message)];

    public V1DeploymentCondition? Condition(string type) => Status.Conditions?.SingleOrDefault(condition => condition.Type == type);

    public string? Progress => Condition("Progressing") is { } condition ? $"{condition.Status} {condition.Reason}" : null;

    public static V1PodTemplateSpec TemplateOf(string image) => new()
    {
        Metadata = new V1ObjectMeta { Labels = Samples.Labels("web") },
        Spec = new V1PodSpec { Containers = [new V1Container { Name = "main", Image = image }] },
    };

    /// <summary>Changes the deployment as a user does.</summary>
    public void Change(Action<V1Deployment> change)
    {
        var changed = ObjectCodec.Clone(Deployment);
        change(changed);
        Cluster.Now += TimeSpan.FromSeconds(1);
        Cluster.Apply([new UpdateObject(WellKnownResources.Deployments, changed)]);
    }

    public void SetImage(string image) => Change(deployment => deployment.Spec.Template.Spec.Containers[0].Image = image);

    public Plan Step() => Cluster.Step(Reconciler, Key);

    /// <summary>Lets the controllers act until both are at rest.</summary>
    public void Rest(int roundsMax = 200)
    {
        for (var round = 0; round < roundsMax; round++)
        {
            var actions = Step().Actions.Count;
            foreach (var set in Sets)
                actions += Cluster.Step(SetReconciler, set.Key).Actions.Count;
            if (actions == 0)
                return;
        }

        throw new InvalidOperationException($"no rest after {roundsMax} rounds: {string.Join(" ", Sizes)}");
    }

    /// <summary>Lets the controllers of the ReplicaSets act once.</summary>
    public void StepSets()
    {
        foreach (var set in Sets)
            Cluster.Step(SetReconciler, set.Key);
    }

    public void StepSet(V1ReplicaSet set)
    {
        if (_late.Remove(set.Key, out var plan))
            Cluster.Apply(plan.Actions);
        Cluster.Step(SetReconciler, set.Key);
    }

    /// <summary>Lets the controller of a ReplicaSet decide, and do what it decided only when it is its turn again.</summary>
    public void StepSetLate(V1ReplicaSet set)
    {
        if (_late.Remove(set.Key, out var plan))
            Cluster.Apply(plan.Actions);
        else
            _late[set.Key] = SetReconciler.Reconcile(Cluster.Observe(SetReconciler, set.Key));
    }

    /// <summary>Makes pods ready, or not ready any more.</summary>
    public void SetReady(bool ready, Func<V1Pod, bool>? which = null)
    {
        foreach (var pod in Pods.Where(pod => pod.IsReady != ready && which?.Invoke(pod) is not false))
            SetReady(pod, ready);
    }

    public void SetReady(V1Pod pod, bool ready)
    {
        var changed = ObjectCodec.Clone(pod);
        changed.Spec.NodeName ??= "node";
        changed.Status = new V1PodStatus
        {
            Phase = "Running",
            Conditions = [new V1PodCondition { Type = "Ready", Status = ready ? "True" : "False", LastTransitionTime = Cluster.Now.UtcDateTime }],
        };
        Cluster.Apply([new UpdateStatus(WellKnownResources.Pods, changed)]);
    }

    /// <summary>Lets everything go on until the deployment is at rest, with pods that become ready at once.</summary>
    public void Complete()
    {
        for (var round = 0; round < 100; round++)
        {
            Rest();
            if (Pods.All(pod => pod.IsReady))
                return;
            Cluster.Now += TimeSpan.FromSeconds(1);
            SetReady(true);
        }

        throw new InvalidOperationException("the rollout does not end");
    }

    /// <summary>The image of a ReplicaSet.</summary>
    public static string ImageOf(V1ReplicaSet set) => set.Spec.Template.Spec.Containers[0].Image;

    /// <summary>An annotation of an object under the controller's prefix.</summary>
    public static string? Noted(KubeObject obj, string name) =>
        obj.Metadata.Annotations is { } annotations && annotations.TryGetValue($"deployment.kubernetes.io/{name}", out var value) ? value : null;
}
