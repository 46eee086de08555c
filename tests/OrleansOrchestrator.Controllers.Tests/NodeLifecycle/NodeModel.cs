using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.NodeLifecycle;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.NodeLifecycle;

/// <summary>Nodes and pods in memory, observed and decided about as the host does it, at times that the test sets.</summary>
internal sealed class NodeModel
{
    private readonly Dictionary<string, DateTimeOffset> _heartbeats = [];
    private readonly Dictionary<string, DateTimeOffset> _missing = [];
    private readonly Dictionary<string, string> _confirmed = [];

    public ClusterModel Cluster { get; } = new() { KeepsDeletedPods = true };

    public NodeLifecycleOptions Options { get; init; } = new();

    /// <summary>Every deletion, with its moment.</summary>
    public List<(string Pod, bool IsForced, double Seconds)> Evictions { get; } = [];

    /// <summary>The voters whose votes are with the control plane.</summary>
    public HashSet<string> Votes { get; } = [];

    public List<PlannedEvent> Events { get; } = [];

    public NodeLifecyclePlan? LastPlan { get; private set; }

    /// <summary>The time since the start, in seconds.</summary>
    public double Seconds
    {
        get => (Cluster.Now - ClusterModel.Start).TotalSeconds;
        set => Cluster.Now = ClusterModel.Start.AddSeconds(value);
    }

    /// <summary>Up to when renewals were seen, in seconds since the start; null for now.</summary>
    public double? SeenUntilSeconds { get; set; }

    /// <summary>Since when nothing was seen until now, in seconds since the start; null if it was.</summary>
    public double? UnseenSinceSeconds { get; set; }

    public V1Node AddNode(string name, string ready = "True", Action<V1Node>? change = null)
    {
        var node = new V1Node
        {
            ApiVersion = "v1",
            Kind = "Node",
            Metadata = new V1ObjectMeta { Name = name },
            Spec = new V1NodeSpec(),
            Status = new V1NodeStatus
            {
                Conditions =
                [
                    .. new[] { "MemoryPressure", "DiskPressure", "PIDPressure" }.Select(type => new V1NodeCondition { Type = type, Status = "False" }),
                    new V1NodeCondition { Type = "Ready", Status = ready, Reason = "KubeletReady" },
                ],
            },
        };
        change?.Invoke(node);
        _heartbeats[name] = Cluster.Now;
        return Cluster.Add(node);
    }

    /// <summary>Adds a node whose daemon takes part in votes.</summary>
    public V1Node AddVoter(string name) => AddNode(name, change: node =>
    {
        node.Metadata.Annotations = new Dictionary<string, string> { [FencingView.VoterAnnotation] = name };
        node.Status.Addresses = [new V1NodeAddress { Type = "InternalIP", Address = "10.0.0.1" }];
        node.Status.DaemonEndpoints = new V1NodeDaemonEndpoints { KubeletEndpoint = new V1DaemonEndpoint { Port = 10250 } };
    });

    /// <summary>The daemon says that it uses its newest view.</summary>
    public void Confirm(string node) => _confirmed[node] = FencingView.Of(Node(node))[^1].Id;

    public V1Pod AddPod(string name, string node, long? tolerationSeconds = 5, Action<V1Pod>? change = null)
    {
        var pod = Samples.Pod(name, node: node, ready: true);
        if (tolerationSeconds is { } seconds)
            DefaultTolerations.Apply(pod.Spec, seconds);
        change?.Invoke(pod);
        return Cluster.Add(pod);
    }

    public V1Node Node(string name) => Cluster.Find<V1Node>(new("", name)).ShouldNotBeNull();

    public V1Pod? Pod(string name) => Cluster.Find<V1Pod>(new(Samples.Namespace, name));

    public void Heartbeat(string node) => _heartbeats[node] = Cluster.Now;

    /// <summary>The daemon posts that it is ready again.</summary>
    public void Report(string name, string ready = "True")
    {
        Heartbeat(name);
        var node = Node(name);
        foreach (var condition in node.Status.Conditions)
            condition.Status = condition.Type == "Ready" ? ready : "False";
        Cluster.Touch(node);
    }

    public NodeLifecycleInput Input()
    {
        var names = Cluster.All<V1Node>().Select(node => node.Metadata.Name).ToHashSet();
        foreach (var pod in Cluster.All<V1Pod>().Where(pod => !names.Contains(pod.Spec.NodeName)))
            _missing.TryAdd(pod.Spec.NodeName, Cluster.Now);
        return new NodeLifecycleInput
        {
            Now = Cluster.Now,
            SeenUntil = SeenUntilSeconds is { } seconds ? ClusterModel.Start.AddSeconds(seconds) : Cluster.Now,
            Nodes = [.. Cluster.All<V1Node>().Select(node => new ObservedNode(
                node, _heartbeats[node.Metadata.Name], _confirmed.GetValueOrDefault(node.Metadata.Name)))],
            UnseenSince = UnseenSinceSeconds is { } since ? ClusterModel.Start.AddSeconds(since) : null,
            Memory = LastPlan?.Memory ?? NodeLifecycleMemory.Beginning,
            IsCounted = Votes.Contains,
            MissingNodes =
                [.. _missing.Select(entry => new MissingNode(entry.Key, entry.Value, _heartbeats.GetValueOrDefault(entry.Key, entry.Value)))],
            PodsOn = name => [.. Cluster.All<V1Pod>().Where(pod => pod.Spec.NodeName == name)],
            Options = Options,
        };
    }

    public NodeLifecyclePlan Step()
    {
        var plan = NodeLifecyclePlanner.Decide(Input());
        Cluster.Apply(plan.Actions);
        Events.AddRange(plan.Events.Select(told => told.Event));
        Evictions.AddRange(plan.Actions.OfType<DeleteObject>()
            .Where(delete => delete.Resource == WellKnownResources.Pods)
            .Select(delete => (delete.Key.Name, delete.GracePeriodSeconds == 0, Seconds)));
        return LastPlan = plan;
    }

    /// <summary>Decides again and again until nothing is planned any more at this moment.</summary>
    public void Settle()
    {
        for (var round = 0; round < 10; round++)
        {
            if (Step().Actions.Count == 0)
                return;
        }

        throw new InvalidOperationException("the node lifecycle does not settle");
    }

    /// <summary>Lets time pass in steps in which some nodes renew their leases.</summary>
    public void Run(double untilSeconds, params string[] alive)
    {
        while (Seconds < untilSeconds)
        {
            Seconds = Math.Min(Seconds + 0.5, untilSeconds);
            foreach (var node in alive)
                Heartbeat(node);
            Settle();
        }
    }

    /// <summary>The taints of a node, as kubectl writes them.</summary>
    public static IEnumerable<string> TaintsOf(V1Node node) => (node.Spec.Taints ?? []).Select(taint => $"{taint.Key}:{taint.Effect}");
}
