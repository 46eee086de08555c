namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>How long a silent node is given, and what may be relied on about its daemon.</summary>
public sealed record NodeLifecycleOptions
{
    /// <summary>How long a node may be silent until it counts as unreachable.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>The toleration for unreachable and not-ready nodes that a pod gets if it states none.</summary>
    public TimeSpan DefaultToleration { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>After how long without an acknowledged renewal a daemon starts to stop its pods by itself.</summary>
    public TimeSpan FencingTime { get; init; } = TimeSpan.FromSeconds(7);

    /// <summary>The longest that a daemon takes for that.</summary>
    public TimeSpan StopTime { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long a node has to be missing from the API until its pods are given up: longer than caches lag.</summary>
    public TimeSpan MissingNodeGrace { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>The most writes of one plan; the rest follows in the next one.</summary>
    public int ActionsMax { get; init; } = 500;

    /// <summary>All faults, each in a sentence; empty if the options hold together (invariant I7).</summary>
    public IReadOnlyList<string> Faults()
    {
        var faults = new List<string>();
        if (LeaseDuration <= TimeSpan.Zero)
            faults.Add("LeaseDuration must be positive.");
        if (DefaultToleration < TimeSpan.Zero)
            faults.Add("DefaultToleration must not be negative.");
        if (FencingTime <= TimeSpan.Zero)
            faults.Add("FencingTime must be positive.");
        if (StopTime < TimeSpan.Zero)
            faults.Add("StopTime must not be negative.");
        if (MissingNodeGrace < TimeSpan.Zero)
            faults.Add("MissingNodeGrace must not be negative.");
        if (ActionsMax <= 0)
            faults.Add("ActionsMax must be positive.");
        if (FencingTime + StopTime >= LeaseDuration + DefaultToleration)
            faults.Add("FencingTime + StopTime must be less than LeaseDuration + DefaultToleration.");
        return faults;
    }
}
