namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>How far the preparation of a binding has got after its writes were made.</summary>
public sealed class PreBindState
{
    private PreBindState()
    {
    }

    /// <summary>The pod may be bound.</summary>
    public static PreBindState Done { get; } = new();

    /// <summary>Others have to act first, as a provisioner has. The pod keeps its room meanwhile.</summary>
    public static PreBindState Waiting { get; } = new();

    /// <summary>Why the pod cannot be bound to the node any more; null if that is not so.</summary>
    public string? Fault { get; private init; }

    /// <summary>The pod cannot be bound to the node any more.</summary>
    public static PreBindState Failed(string why) => new() { Fault = why };
}
