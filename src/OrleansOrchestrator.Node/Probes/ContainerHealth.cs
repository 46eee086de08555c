namespace OrleansOrchestrator.Node.Probes;

/// <summary>The probe results of one running container.</summary>
internal sealed record ContainerHealth(bool IsStarted, bool IsReady, string? RestartMessage)
{
    /// <summary>The health of a container without probes.</summary>
    public static readonly ContainerHealth Good = new(true, true, null);
}
