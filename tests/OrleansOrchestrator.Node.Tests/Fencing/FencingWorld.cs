using k8s.Models;
using OrleansOrchestrator.Model.Fencing;

namespace OrleansOrchestrator.Node.Tests.Fencing;

/// <summary>A part of the rule that a test takes away, to see that it is missed.</summary>
public enum Broken
{
    Nothing,
    VotesAreNotAskedFor,
    VotesOfSilentNodesCount,
    LentVotesCount,
    VotesAreLentTooSoon,
    GrantsOutlastWhatIsLent,
    RenewalsCountFromTheirArrival,
    RestartedNodesLendAtOnce,
    RestartedNodesForgetWhatTheyLent,
    ViewsChangeUnconfirmed,
    GrantsOutlastTheirView,
    PodsStartAgainUnasked,
    DeletionsTakeAnyVersion,
    TolerationsCountUnseen,
    LimitsAreToldWhenTheyAreOver,
}

/// <summary>A cluster of daemons and node controllers, made of the real decisions of both, over a network and clocks that fail.</summary>
internal sealed class FencingWorld : Simulation, IDisposable
{
    public const double RenewInterval = 2;

    private readonly string _folder = Directory.CreateDirectory(Path.Combine("/dev/shm", $"fencing-{Guid.NewGuid():N}")).FullName;
    private readonly List<SimulatedController> _controllers = [];

    /// <param name="seed">What chance does.</param>
    /// <param name="nodes">How many nodes there are at first.</param>
    /// <param name="isRough">Whether messages may be late by any time.</param>
    /// <param name="broken">The part of the rule that is taken away.</param>
    /// <param name="viewNodesMax">The most nodes of a view; by default so few that some clusters are a ring of many views.</param>
    public FencingWorld(int seed, int nodes, bool isRough, Broken broken = Broken.Nothing, int viewNodesMax = 7)
        : base(seed)
    {
        IsRough = isRough;
        ViewNodesMax = viewNodesMax;
        Broken = broken;
        Writes = new SimulatedLink(this);

        // Short grants leave little time between the faults that the schedules bring together; they are over before a view counts.
        var isBrief = broken == Broken.Nothing ? seed % 3 > 0 : broken != Broken.GrantsOutlastTheirView;
        Times = isBrief ? new FencingTimes { GrantTime = TimeSpan.FromSeconds(5) } : new FencingTimes();
        for (var i = 0; i < nodes; i++)
            AddNode();
        AddController();
    }

    public FencingTimes Times { get; }

    public Broken Broken { get; }

    public int ViewNodesMax { get; }

    /// <summary>Whether messages may be late by any time.</summary>
    public bool IsRough { get; set; }

    /// <summary>Whether the control plane is out of reach of everybody, its stores included.</summary>
    public bool IsAway { get; set; }

    /// <summary>Whether nodes in other parts of the network are refused at once, as by a firewall, and do not wait for an answer.</summary>
    public bool IsPartedByRefusal { get; set; }

    /// <summary>By how many seconds the time of day of the machines with the controllers is ahead. Running controllers see it step.</summary>
    public double ControllersLead { get; set; }

    /// <summary>From controllers to the stores: a controller that stands still between decision and act.</summary>
    public SimulatedLink Writes { get; }

    public List<SimulatedDaemon> Daemons { get; } = [];

    public Dictionary<string, V1Node> Nodes { get; } = [];

    public Dictionary<string, V1Pod> Pods { get; } = [];

    public Dictionary<string, (long Revision, string Report)> Leases { get; } = [];

    /// <summary>The newest beat that silos know of.</summary>
    public string? Beat { get; set; }

    public List<string> TwoCopies { get; } = [];

    public List<(string Pod, double Time)> Deletions { get; } = [];

    /// <summary>How many deletions controllers have sent.</summary>
    public int DeletionsDecided { get; set; }

    public long Revision { get; set; }

    public SimulatedDaemon AddNode()
    {
        var name = $"n{Daemons.Count}";
        Nodes[name] = new V1Node
        {
            ApiVersion = "v1",
            Kind = "Node",
            Metadata = new V1ObjectMeta
            {
                Name = name,
                Uid = name,
                ResourceVersion = NextRevision(),
                Annotations = new Dictionary<string, string> { [FencingView.VoterAnnotation] = $"voter-{name}" },
            },
            Spec = new V1NodeSpec(),
            Status = new V1NodeStatus { Conditions = [new V1NodeCondition { Type = "Ready", Status = "True" }] },
        };
        Pods[name] = new V1Pod
        {
            ApiVersion = "v1",
            Kind = "Pod",
            Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = "default", Uid = name, ResourceVersion = NextRevision(), Generation = 1 },
            Spec = new V1PodSpec { NodeName = name, Containers = [], Tolerations = Random.Next(4) == 0 ? [Toleration(Random.Next(30))] : [Toleration(5)] },
            Status = new V1PodStatus { Phase = "Running" },
        };
        var daemon = new SimulatedDaemon(this, name, new DriftingClock(this, IsRough ? Between(0.99, 1.01) : Between(0.999, 1.001)), Path.Combine(_folder, name));
        Daemons.Add(daemon);
        return daemon;
    }

    /// <summary>A node controller starts, on another silo; whatever ran before may go on for a while.</summary>
    public SimulatedController AddController()
    {
        var controller = new SimulatedController(this, new DriftingClock(this, Between(0.99, 1.01), ControllersLead));
        _controllers.Add(controller);
        return controller;
    }

    /// <summary>The newest controller goes away for a while or for good, and another one comes.</summary>
    public void ReplaceController()
    {
        var isGone = Chance(0.5);
        if (Chance(0.8))
            ReplaceController(Between(0, 8), isGone ? double.PositiveInfinity : Between(0, 60));
        else
            _controllers[^1].Suspend(isGone ? double.PositiveInfinity : Between(0, 60));
    }

    /// <summary>The newest controller goes away, and another one comes.</summary>
    /// <param name="after">After how many seconds it comes.</param>
    /// <param name="away">For how many seconds the former one is away.</param>
    public void ReplaceController(double after, double away)
    {
        _controllers[^1].Suspend(away);
        After(after, () => AddController());
    }

    /// <summary>Somebody changes for how long a pod tolerates an unreachable node.</summary>
    public void ChangeToleration(string name, long seconds)
    {
        if (!Pods.TryGetValue(name, out var pod))
            return;
        var changed = pod with
        {
            Metadata = pod.Metadata with { ResourceVersion = NextRevision(), Generation = pod.Metadata.Generation + 1 },
            Spec = pod.Spec with { Tolerations = [Toleration(seconds)] },
        };
        if (Broken != Broken.TolerationsCountUnseen)
            UnseenToleration.Record(changed, pod);
        Pods[name] = changed;
    }

    /// <summary>A daemon reports which generation of a pod it acts by.</summary>
    public void ReportSeen(string name, long? generation)
    {
        if (!Pods.TryGetValue(name, out var pod))
            return;
        var reported = pod with
        {
            Metadata = pod.Metadata with { ResourceVersion = NextRevision() },
            Status = pod.Status with { ObservedGeneration = generation },
        };
        UnseenToleration.RecordStatus(reported, pod);
        Pods[name] = reported;
    }

    /// <summary>How long a message takes.</summary>
    public double Latency() => !IsRough || Chance(0.85) ? Between(0.002, 0.1) : Chance(0.85) ? Between(0.1, 4) : Between(4, 40);

    public string NextRevision() => (++Revision).ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>A pod is gone from the API, so that its replacement may start at once.</summary>
    public void Delete(string pod)
    {
        Pods.Remove(pod);
        Deletions.Add((pod, Now));
        if (Daemons.First(daemon => daemon.Name == pod).IsPodAlive)
            TwoCopies.Add($"{pod} ran on at {Now:0.00} s when it was replaced");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static V1Toleration Toleration(long seconds) =>
        new() { Key = "node.kubernetes.io/unreachable", OperatorProperty = "Exists", Effect = "NoExecute", TolerationSeconds = seconds };
}
