using k8s.Models;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>All nodes of the cluster as observed, for one decision.</summary>
public sealed record NodeLifecycleInput
{
    /// <summary>The current time, by the observer's clock.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>
    /// The time up to which the observer has seen every acknowledged renewal: when it last began a successful read of the newest
    /// leases and nodes. Silence is measured up to this time, so that an observer that is cut off from the store does not take the
    /// nodes for dead.
    /// </summary>
    public required DateTimeOffset SeenUntil { get; init; }

    /// <summary>
    /// Since when, until just now, the observer saw nothing or heard of no node for longer than
    /// <see cref="NodeLifecycleOptions.BlindTimeMax"/>; null if it did not. What is lost is not waited for in this time.
    /// </summary>
    public DateTimeOffset? UnseenSince { get; init; }

    /// <summary>What this observer's last decision remembers; <see cref="NodeLifecycleMemory.Beginning"/> for the first.</summary>
    public required NodeLifecycleMemory Memory { get; init; }

    /// <summary>The nodes, in any order.</summary>
    public required IReadOnlyList<ObservedNode> Nodes { get; init; }

    /// <summary>The node names that pods are bound to and that have no Node object, in any order.</summary>
    public IReadOnlyList<MissingNode> MissingNodes { get; init; } = [];

    /// <summary>The pods bound to the node of that name, in any order. Called only for nodes whose pods may have to go.</summary>
    public required Func<string, IReadOnlyList<V1Pod>> PodsOn { get; init; }

    /// <summary>Whether the control plane held a voter's vote at <see cref="SeenUntil"/>; see <see cref="Model.Fencing.VoteLedger"/>.</summary>
    public Func<string, bool> IsCounted { get; init; } = static _ => false;

    /// <summary>Whether an object is left out of this decision, because its writes were refused.</summary>
    public Func<ResourceName, ObjectKey, bool> IsSetAside { get; init; } = static (_, _) => false;

    /// <summary>Options.</summary>
    public NodeLifecycleOptions Options { get; init; } = new();

    /// <summary>Whether a node's lease has expired.</summary>
    internal bool IsSilent(ObservedNode observed) => SeenUntil - observed.LastHeartbeat >= Options.Times.LeaseDuration;
}

/// <summary>A node, and when the observer last heard of it.</summary>
/// <param name="Node">The node.</param>
/// <param name="LastHeartbeat">
/// When the observer, by its own clock, last saw the node renew its lease or its status; when it first saw the node, if it
/// has seen neither since.
/// </param>
/// <param name="ConfirmedView">The id of the view that the node has confirmed; null if it has confirmed none.</param>
public sealed record ObservedNode(V1Node Node, DateTimeOffset LastHeartbeat, string? ConfirmedView = null);

/// <summary>A node that pods are bound to and that has no Node object.</summary>
/// <param name="Name">The name.</param>
/// <param name="MissingSince">When the observer first found it missing.</param>
/// <param name="LastHeartbeat">
/// When the observer, by its own clock, last saw the node's lease renewed; <paramref name="MissingSince"/> if never.
/// </param>
public sealed record MissingNode(string Name, DateTimeOffset MissingSince, DateTimeOffset LastHeartbeat);
