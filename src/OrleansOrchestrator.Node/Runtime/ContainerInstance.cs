namespace OrleansOrchestrator.Node.Runtime;

internal enum ContainerPhase
{
    Created,
    Running,
    Exited,
}

/// <summary>One instance of a container, started as one attempt.</summary>
internal sealed record ContainerInstance
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>0 for the first attempt, one more for every restart: the container's restart count.</summary>
    public required int Attempt { get; init; }

    public required ContainerPhase Phase { get; init; }

    public string Image { get; init; } = "";

    public string ImageId { get; init; } = "";

    /// <summary>The hash of the spec's part that needs a new container when it changes.</summary>
    public string SpecHash { get; init; } = "";

    /// <summary>What the kernel enforces; null if the runtime does not tell, or enforces nothing.</summary>
    public CgroupResources? Resources { get; init; }

    /// <summary>The memory that it requested when it was created; null if that is not known.</summary>
    public long? MemoryRequestBytes { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public int ExitCode { get; init; }

    /// <summary>Why the container ended: Completed, Error, OOMKilled or ContainerCannotRun.</summary>
    public string Reason { get; init; } = "";

    public string Message { get; init; } = "";
}
