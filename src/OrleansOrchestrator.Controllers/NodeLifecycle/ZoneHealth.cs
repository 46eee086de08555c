namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>How many nodes of a zone are lost, in Kubernetes' words.</summary>
public enum ZoneState
{
    /// <summary>Few enough for each to be its own fault.</summary>
    Normal,

    /// <summary>So many that a common fault is likelier, which may be the control plane's own.</summary>
    PartialDisruption,

    /// <summary>All of them.</summary>
    FullDisruption,
}

/// <summary>The nodes of one failure zone, or of the whole cluster.</summary>
/// <param name="Zone">Region and zone, as in <c>eu/eu-1</c>; empty for nodes without such labels, null for the whole cluster.</param>
/// <param name="Nodes">How many nodes there are.</param>
/// <param name="Unhealthy">How many of them are silent or not ready.</param>
/// <param name="State">What follows from that.</param>
/// <param name="EvictionRate">How many nodes a second may begin to lose their pods; 0 if none may.</param>
public sealed record ZoneHealth(string? Zone, int Nodes, int Unhealthy, ZoneState State, double EvictionRate)
{
    /// <summary>Whether no pod of the zone's unhealthy nodes is evicted.</summary>
    public bool IsPaused => EvictionRate <= 0;

    /// <summary>What an operator reads: one clause of the state, and one of what follows.</summary>
    public override string ToString()
    {
        var whole = Zone switch { null => "the cluster", "" => "the nodes without a zone", _ => $"zone {Zone}" };
        var state = State switch
        {
            ZoneState.Normal => $"{Nodes - Unhealthy} of {Nodes} nodes are ready",
            ZoneState.PartialDisruption => $"{Unhealthy} of {Nodes} nodes are silent or not ready",
            _ => $"none of {Nodes} nodes is heard of and ready",
        };
        var consequence = (State, IsPaused) switch
        {
            (ZoneState.Normal, false) => "pods of lost nodes are replaced",
            (_, false) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"pods of up to {EvictionRate:0.###} nodes a second are replaced"),
            _ => "the fault may be the control plane's own, so that no pod of these nodes is evicted; delete the Node of a machine that is gone",
        };
        return $"In {whole} {state}: {consequence}";
    }
}
