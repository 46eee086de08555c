using OrleansOrchestrator.Controllers.DaemonSets;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.DaemonSets;

/// <summary>A cluster with nodes and one DaemonSet, and what scheduler and daemons do to its pods.</summary>
internal sealed class DaemonModel
{
    public static readonly ObjectKey Key = new(Samples.Namespace, "agent");

    private readonly DaemonSetReconciler _reconciler = new();

    public DaemonModel(Action<V1DaemonSet>? change = null, params string[] nodes)
    {
        foreach (var node in nodes)
            AddNode(node);
        var set = new V1DaemonSet
        {
            ApiVersion = "apps/v1",
            Kind = "DaemonSet",
            Metadata = new V1ObjectMeta { NamespaceProperty = Key.Namespace, Name = Key.Name, Uid = "uid-of-agent", Generation = 1 },
            Spec = new V1DaemonSetSpec
            {
                Selector = new V1LabelSelector { MatchLabels = Samples.Labels("agent") },
                UpdateStrategy = new V1DaemonSetUpdateStrategy
                {
                    Type = "RollingUpdate",
                    RollingUpdate = new V1RollingUpdateDaemonSet { MaxUnavailable = 1, MaxSurge = 0 },
                },
                RevisionHistoryLimit = 10,
                Template = new V1PodTemplateSpec
                {
                    Metadata = new V1ObjectMeta { Labels = Samples.Labels("agent") },
                    Spec = new V1PodSpec { Containers = [new V1Container { Name = "main", Image = "one" }] },
                },
            },
        };
        change?.Invoke(set);
        Cluster.Add(set);
    }

    public ClusterModel Cluster { get; } = new() { KeepsDeletedPods = true };

    public V1DaemonSet Set => Cluster.Find<V1DaemonSet>(Key)!;

    public IReadOnlyList<V1Pod> Pods => Cluster.All<V1Pod>();

    public IReadOnlyList<V1ControllerRevision> Revisions => Cluster.All<V1ControllerRevision>();

    public V1Node AddNode(string name, params V1Taint[] taints) => Cluster.Add(new V1Node
    {
        Metadata = new V1ObjectMeta { Name = name, Labels = new Dictionary<string, string> { ["kubernetes.io/hostname"] = name } },
        Spec = new V1NodeSpec { Taints = taints },
    });

    public void ChangeNode(string name, Action<V1Node> change) => Change(Cluster.Find<V1Node>(new ObjectKey("", name))!, change);

    /// <summary>Changes the set as a user does.</summary>
    public void ChangeSet(Action<V1DaemonSet> change) => Change(Set, set =>
    {
        change(set);
        set.Metadata.Generation++;
    });

    public void SetImage(string image) => ChangeSet(set => set.Spec.Template.Spec.Containers[0].Image = image);

    public void ChangePod(V1Pod pod, Action<V1Pod> change) => Change(pod, change);

    public Plan Plan() => _reconciler.Reconcile(Cluster.Observe(_reconciler, Key));

    public Plan Step() => Cluster.Step(_reconciler, Key);

    /// <summary>Reconciles until nothing is planned, without anybody else doing anything.</summary>
    public void Settle() => Cluster.Settle(_reconciler, Key);

    /// <summary>Lets everything happen until nothing is left to do.</summary>
    public void Run(Action? afterStep = null)
    {
        for (var round = 0; round < 200; round++)
        {
            var plan = Step();
            afterStep?.Invoke();
            if (plan.Actions.Count == 0 && !Pods.Any(pod => pod.IsDeleting || !pod.IsReady))
                return;
            foreach (var pod in Pods)
                Attend(pod);
        }

        throw new InvalidOperationException("the DaemonSet does not settle");
    }

    /// <summary>Does what scheduler and daemon do next about a pod: binds it, makes it ready, or ends it.</summary>
    public void Attend(V1Pod pod)
    {
        if (pod.IsDeleting)
            Cluster.Remove(pod);
        else if (string.IsNullOrEmpty(pod.Spec.NodeName))
            Change(pod, bound => bound.Spec.NodeName = DaemonPods.NodeOf(pod));
        else if (!pod.IsReady && !pod.IsTerminal)
            SetReady(pod, true);
    }

    public void SetReady(V1Pod pod, bool isReady) => Change(pod, changed => changed.Status = new V1PodStatus
    {
        Phase = "Running",
        Conditions = [new V1PodCondition { Type = "Ready", Status = isReady ? "True" : "False", LastTransitionTime = Cluster.Now.UtcDateTime }],
    });

    public void SetPhase(V1Pod pod, string phase) => Change(pod, changed => changed.Status = new V1PodStatus { Phase = phase });

    /// <summary>The nodes that pods are on or meant for, in order.</summary>
    public IEnumerable<string?> NodesOfPods => Pods.Select(DaemonPods.NodeOf).Order(StringComparer.Ordinal);

    public static V1Taint Taint(string key, string effect) => new() { Key = key, Effect = effect };

    private void Change<T>(T obj, Action<T> change)
        where T : class, KubeObject
    {
        // Observations that are under way keep what they saw.
        var changed = ObjectCodec.Clone(Cluster.Find<T>(obj.Key)!);
        change(changed);
        Cluster.Remove(obj);
        Cluster.Add(changed);
    }

    /// <summary>A moment after the start.</summary>
    public static DateTime Start(int seconds) => ClusterModel.Start.UtcDateTime.AddSeconds(seconds);
}
