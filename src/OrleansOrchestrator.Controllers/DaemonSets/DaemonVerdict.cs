using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;

namespace OrleansOrchestrator.Controllers.DaemonSets;

/// <summary>What follows from a node and the set's pods there: about the node alone, whatever the other nodes are like.</summary>
/// <param name="Name">The node's name; empty for pods that name no node.</param>
internal sealed record DaemonVerdict(string Name)
{
    /// <summary>What it adds to the sums over all nodes.</summary>
    public DaemonCounts Counts { get; init; }

    /// <summary>The pods that go in any case, and what users are told of why; null for nothing.</summary>
    public IReadOnlyList<(V1Pod Pod, PlannedEvent? Cause)> Deletions { get; init; } = [];

    /// <summary>How many pods failed in a row before the one to create; null if none is to be created.</summary>
    public int? Creation { get; init; }

    /// <summary>What a rollout has to do.</summary>
    public DaemonStep Step { get; init; }

    /// <summary>The pod of an older revision that the step is about; null if there is none.</summary>
    public V1Pod? Old { get; init; }

    /// <summary>How many pods of the wanted revision failed in a row before the one that the step may create.</summary>
    public int Failures { get; init; }

    /// <summary>When time alone changes the verdict; null for never.</summary>
    public DateTimeOffset? Due { get; init; }

    /// <summary>The revisions of the pods.</summary>
    public IReadOnlyList<string> Revisions { get; init; } = [];
}
