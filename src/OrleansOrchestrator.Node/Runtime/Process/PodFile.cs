namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>The daemon's file about a pod.</summary>
internal sealed record PodFile
{
    public required SandboxSpec Spec { get; init; }

    public required string? Ip { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public bool IsReady { get; init; }
}
