namespace OrleansOrchestrator.Node.Probes;

/// <summary>What the probes of one running container say at the moment.</summary>
internal sealed record ContainerHealth(bool IsStarted, bool IsReady, string? RestartMessage)
{
    /// <summary>The health of a container without probes.</summary>
    public static readonly ContainerHealth Good = new(true, true, null);
}
