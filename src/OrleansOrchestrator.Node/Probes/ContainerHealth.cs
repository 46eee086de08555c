namespace OrleansOrchestrator.Node.Probes;

/// <summary>The probe results of one running container.</summary>
internal sealed record ContainerHealth(bool IsStarted, bool IsReady, string? RestartMessage)
{
    /// <summary>How long the container may take to end because of the failed probe; null for the pod's time.</summary>
    public TimeSpan? RestartGrace { get; init; }

    /// <summary>The health of a container without probes.</summary>
    public static readonly ContainerHealth Good = new(true, true, null);
}
