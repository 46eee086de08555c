namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>The daemon's file about a container. Its wrapper writes other files.</summary>
internal sealed record ContainerRecord
{
    public required string PodUid { get; init; }

    /// <summary>The container's cgroup; null without cgroups.</summary>
    public string? Cgroup { get; init; }

    public required ContainerSpec Spec { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}
