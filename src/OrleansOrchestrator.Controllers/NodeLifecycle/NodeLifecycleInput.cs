using k8s.Models;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>All nodes of the cluster as observed, for one decision.</summary>
public sealed record NodeLifecycleInput
{
    /// <summary>The moment, by the observer's clock.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>
    /// Up to when the observer has seen every acknowledged renewal: the moment at which it last asked for the newest leases
    /// and nodes, and got them. Silence is measured up to here, so that an observer that is cut off from the store takes
    /// itself for cut off, and not the nodes for dead.
    /// </summary>
    public required DateTimeOffset SeenUntil { get; init; }

    /// <summary>The nodes, in any order.</summary>
    public required IReadOnlyList<ObservedNode> Nodes { get; init; }

    /// <summary>The names that pods are bound to and that no node has, in any order.</summary>
    public IReadOnlyList<MissingNode> MissingNodes { get; init; } = [];

    /// <summary>The pods bound to a node of that name, in any order; asked only for nodes whose pods are in question.</summary>
    public required Func<string, IReadOnlyList<V1Pod>> PodsOn { get; init; }

    /// <summary>Whether a voter's vote was with the control plane at <see cref="SeenUntil"/>; see <see cref="Model.Fencing.VoteLedger"/>.</summary>
    public Func<string, bool> IsCounted { get; init; } = static _ => false;

    /// <summary>Whether an object is left out of this decision, because its writes were refused.</summary>
    public Func<ResourceName, ObjectKey, bool> IsSetAside { get; init; } = static (_, _) => false;

    /// <summary>Options.</summary>
    public NodeLifecycleOptions Options { get; init; } = new();
}

/// <summary>A node, and when it was last heard of.</summary>
/// <param name="Node">The node.</param>
/// <param name="LastHeartbeat">
/// When the observer, by its own clock, last saw the node renew its lease or its status; when it first saw the node, if it
/// has seen neither since.
/// </param>
/// <param name="ConfirmedView">The id of the view that the node said it uses; null if it has said nothing.</param>
public sealed record ObservedNode(V1Node Node, DateTimeOffset LastHeartbeat, string? ConfirmedView = null);

/// <summary>A node that pods are bound to and that does not exist.</summary>
/// <param name="Name">The name.</param>
/// <param name="MissingSince">When the observer first found it missing.</param>
/// <param name="LastHeartbeat">
/// When the observer, by its own clock, last saw the node's lease renewed; <paramref name="MissingSince"/> if never.
/// </param>
public sealed record MissingNode(string Name, DateTimeOffset MissingSince, DateTimeOffset LastHeartbeat);
