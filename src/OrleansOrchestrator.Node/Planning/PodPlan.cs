using k8s.Models;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Planning;

/// <summary>What a worker does next for its pod. Empty means that all is as it should be.</summary>
internal sealed record PodPlan
{
    public static readonly PodPlan Nothing = new();

    public bool CreateSandbox { get; init; }

    public bool StopSandbox { get; init; }

    public IReadOnlyList<ContainerStart> Starts { get; init; } = [];

    public IReadOnlyList<ContainerStop> Stops { get; init; } = [];

    /// <summary>Set when the pod as a whole fails now.</summary>
    public PodFailure? Failure { get; init; }

    /// <summary>Nothing of a deleted pod runs any more: its object can go.</summary>
    public bool Finish { get; init; }

    /// <summary>When to decide again even if nothing happens.</summary>
    public DateTimeOffset? WakeAt { get; init; }

    public bool HasActions =>
        CreateSandbox || StopSandbox || Finish || Failure is not null || Starts.Count > 0 || Stops.Count > 0;
}

/// <summary>Run this attempt of the container; the previous one ended, or there is none.</summary>
internal sealed record ContainerStart(V1Container Container, int Attempt, ContainerInstance? Previous);

/// <summary>Signal this container. Message is what the Killing event says, or null if it was said before.</summary>
internal sealed record ContainerStop(ContainerInstance Container, ContainerSignal Signal, TimeSpan Grace, string? Message);
