namespace OrleansOrchestrator.Controllers.DaemonSets;

/// <summary>What a node, or all nodes together, add to a DaemonSet's status and to the bounds of its rollout.</summary>
internal readonly record struct DaemonCounts
{
    /// <summary>Nodes that should have a pod.</summary>
    public int Desired { get; init; }

    /// <summary>Of these, the nodes that have one.</summary>
    public int Current { get; init; }

    /// <summary>Nodes that have a pod and should not.</summary>
    public int Misscheduled { get; init; }

    /// <summary>Nodes whose pod is of the wanted revision.</summary>
    public int Updated { get; init; }

    /// <summary>Nodes whose pod is ready.</summary>
    public int Ready { get; init; }

    /// <summary>Nodes whose pod is available.</summary>
    public int Available { get; init; }

    /// <summary>Nodes without an available pod of any revision, as a rollout without surge counts them.</summary>
    public int Unavailable { get; init; }

    /// <summary>Nodes with a second pod, or with one that is to come, as a rollout with surge counts them.</summary>
    public int Surging { get; init; }

    /// <summary>Nodes where a pod of any revision is available, as a rollout with surge counts them.</summary>
    public int Serving { get; init; }

    /// <summary>Adds.</summary>
    public static DaemonCounts operator +(DaemonCounts left, DaemonCounts right) => left.Plus(right, 1);

    /// <summary>Subtracts.</summary>
    public static DaemonCounts operator -(DaemonCounts left, DaemonCounts right) => left.Plus(right, -1);

    private DaemonCounts Plus(DaemonCounts other, int times) => new()
    {
        Desired = Desired + (times * other.Desired),
        Current = Current + (times * other.Current),
        Misscheduled = Misscheduled + (times * other.Misscheduled),
        Updated = Updated + (times * other.Updated),
        Ready = Ready + (times * other.Ready),
        Available = Available + (times * other.Available),
        Unavailable = Unavailable + (times * other.Unavailable),
        Surging = Surging + (times * other.Surging),
        Serving = Serving + (times * other.Serving),
    };
}
