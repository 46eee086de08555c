namespace OrleansOrchestrator.Node.Probes;

/// <summary>The probe results of one running container.</summary>
/// <param name="IsStarted">Whether it has started.</param>
/// <param name="IsReady">Whether it is ready.</param>
/// <param name="FailedProbe">The kind of the probe by which it must end: liveness or startup; null if it need not.</param>
internal sealed record ContainerHealth(bool IsStarted, bool IsReady, string? FailedProbe)
{
    /// <summary>How long the container may take to end because of the failed probe; null for the pod's time.</summary>
    public TimeSpan? RestartGrace { get; init; }

    /// <summary>The health of a container without probes.</summary>
    public static readonly ContainerHealth Good = new(true, true, null);
}
