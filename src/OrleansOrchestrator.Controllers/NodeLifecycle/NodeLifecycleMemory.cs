using k8s.Models;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>
/// What a decision knows of those before it, by the observer's clock. A plan holds the memory of the next input, so that what follows
/// from a decision holds for the very next one. Immutable. Its size is bounded by the number of nodes.
/// </summary>
public sealed class NodeLifecycleMemory
{
    private readonly Dictionary<string, NodeMemory> _nodes;
    private readonly bool _isBeginning;

    private NodeLifecycleMemory(Dictionary<string, NodeMemory> nodes, bool isBeginning) => (_nodes, _isBeginning) = (nodes, isBeginning);

    /// <summary>The memory of an observer that begins. Nodes that are lost may have been spared until now, so that they get their full time.</summary>
    public static NodeLifecycleMemory Beginning { get; } = new([], isBeginning: true);

    /// <summary>The memory of an observer that has long seen all nodes, and has spared none.</summary>
    public static NodeLifecycleMemory Empty { get; } = new([], isBeginning: false);

    /// <summary>What is known of a node, or of a name without a node.</summary>
    internal NodeMemory Of(string node) => _nodes.GetValueOrDefault(node);

    /// <summary>The memory after a decision.</summary>
    internal NodeLifecycleMemory Next(NodeLifecycleInput input, NodeZones zones)
    {
        var next = new Dictionary<string, NodeMemory>(StringComparer.Ordinal);
        foreach (var observed in input.Nodes)
        {
            var name = observed.Node.Metadata.Name;
            var beganAt = zones.IsAdmitted(observed.Node) ? input.Now : BeganToLosePodsAt(observed.Node, input.Now);
            Add(name, zones.IsHealthy(observed) ? default : Lost(name, zones.IsSpared(observed), input.IsSilent(observed) ? observed.LastHeartbeat : null), beganAt);
        }

        foreach (var missing in input.MissingNodes)
            Add(missing.Name, Lost(missing.Name, isSpared: false, missing.LastHeartbeat), beganAt: null);
        return new NodeLifecycleMemory(next, isBeginning: false);

        void Add(string name, NodeMemory memory, DateTimeOffset? beganAt)
        {
            memory = memory with { BeganToLosePodsAt = beganAt };
            if (memory != default)
                next[name] = memory;
        }

        NodeMemory Lost(string name, bool isSpared, DateTimeOffset? silentSince)
        {
            var known = _isBeginning ? new NodeMemory(Patience.From(input.Now), Patience.From(input.Now), BeganToLosePodsAt: null) : Of(name);
            return new NodeMemory(
                Next(known.Readiness, isHeld: !zones.IsAnyHeardOf, silentSince),
                Next(known.Eviction, isHeld: isSpared || !zones.IsAnyHeardOf, silentSince),
                BeganToLosePodsAt: null);
        }

        Patience Next(Patience patience, bool isHeld, DateTimeOffset? silentSince) => patience
            .HeldFrom(input.UnseenSince)
            .Next(isHeld, input.Now, silentSince, input.Options.Times.LeaseDuration);
    }

    /// <summary>
    /// When a node began to lose its pods; null if it has not. The timeAdded of its taint counts only for an observer that begins: it is
    /// by the clock of another one, and has whole seconds.
    /// </summary>
    internal DateTimeOffset? BeganToLosePodsAt(V1Node node, DateTimeOffset now)
    {
        if (Of(node.Metadata.Name).BeganToLosePodsAt is { } known)
            return known;
        if (NodeTaints.LosesPodsSince(node) is not { } since)
            return null;
        return now - since > TimeSpan.FromSeconds(1) ? since + TimeSpan.FromSeconds(1) : now;
    }
}

/// <summary>What is remembered of a node, or of a name without a node.</summary>
/// <param name="Readiness">How long its pods stay ready.</param>
/// <param name="Eviction">How long its pods stay.</param>
/// <param name="BeganToLosePodsAt">When it began to lose its pods for the last time; null if it never did.</param>
internal readonly record struct NodeMemory(Patience Readiness, Patience Eviction, DateTimeOffset? BeganToLosePodsAt);
