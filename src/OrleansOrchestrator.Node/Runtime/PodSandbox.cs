namespace OrleansOrchestrator.Node.Runtime;

/// <summary>A pod as its runtime sees it: the sandbox and all containers, ordered by name and attempt.</summary>
internal sealed record PodSandbox
{
    public required string Id { get; init; }

    public required string PodUid { get; init; }

    public required string PodName { get; init; }

    public required string PodNamespace { get; init; }

    /// <summary>The number of earlier sandboxes of this pod.</summary>
    public int Attempt { get; init; }

    /// <summary>How long the pod may run without the control plane; null without a limit. Stored with its containers.</summary>
    public TimeSpan? FenceAfter { get; init; }

    /// <summary>The handler of the pod's runtime class; empty for the usual one.</summary>
    public string RuntimeHandler { get; init; } = "";

    /// <summary>Whether the sandbox holds its namespaces, so that containers can run in it.</summary>
    public bool IsReady { get; init; }

    /// <summary>The pod's address; empty if the sandbox has ended, null on the host's network.</summary>
    public string? Ip { get; init; }

    /// <summary>The pod's addresses of other families.</summary>
    public IReadOnlyList<string> MoreIps { get; init; } = [];

    public DateTimeOffset CreatedAt { get; init; }

    public IReadOnlyList<ContainerInstance> Containers { get; init; } = [];

    /// <summary>The running containers.</summary>
    public IEnumerable<ContainerInstance> Running => Containers.Where(container => container.Phase == ContainerPhase.Running);

    /// <summary>The newest instance of the container, or null if it was never created.</summary>
    public ContainerInstance? Newest(string containerName) =>
        Containers.Where(c => c.Name == containerName).MaxBy(c => c.Attempt);
}
