namespace OrleansOrchestrator.ControlPlane.Watch;

/// <summary>Where the figures of the watch caches are found.</summary>
public static class WatchMeter
{
    /// <summary>The name of their meter.</summary>
    public const string Name = "OrleansOrchestrator.Watch";
}
