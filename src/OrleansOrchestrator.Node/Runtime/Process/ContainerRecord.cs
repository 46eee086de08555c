namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>What the daemon keeps on disk about a container, besides what its wrapper writes.</summary>
internal sealed record ContainerRecord
{
    public required string PodUid { get; init; }

    /// <summary>The cgroup of the container, or null where there are none.</summary>
    public string? Cgroup { get; init; }

    public required ContainerSpec Spec { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}
