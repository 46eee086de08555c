using k8s.Models;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Planning;

/// <summary>The next actions of a worker. Empty means that nothing is left to do.</summary>
internal sealed record PodPlan
{
    public static readonly PodPlan Nothing = new();

    public bool CreateSandbox { get; init; }

    public bool StopSandbox { get; init; }

    public IReadOnlyList<ContainerStart> Starts { get; init; } = [];

    public IReadOnlyList<ContainerStop> Stops { get; init; } = [];

    /// <summary>The changes of resources of running containers.</summary>
    public IReadOnlyList<ContainerUpdate> Updates { get; init; } = [];

    /// <summary>Whether all this is because the sandbox has ended.</summary>
    public bool ReplacesSandbox { get; init; }

    /// <summary>The failure of the pod as a whole, if it fails now.</summary>
    public PodFailure? Failure { get; init; }

    /// <summary>Whether nothing of a deleted pod runs any more, so that its object can be removed.</summary>
    public bool Finish { get; init; }

    /// <summary>Whether to remove what the node has of a pod that has ended, while its object stays.</summary>
    public bool Reclaim { get; init; }

    /// <summary>When to decide again even without an event.</summary>
    public DateTimeOffset? WakeAt { get; init; }

    public bool HasActions =>
        CreateSandbox || StopSandbox || Finish || Reclaim || Failure is not null || Starts.Count > 0 || Stops.Count > 0 || Updates.Count > 0;
}

/// <summary>A container to start as this attempt. The previous instance has ended; null if there is none.</summary>
internal sealed record ContainerStart(V1Container Container, int Attempt, ContainerInstance? Previous);

/// <summary>The steps of a container's end.</summary>
internal enum StopStep
{
    /// <summary>Its <c>preStop</c> hook runs.</summary>
    Hook,

    /// <summary>It was asked to stop.</summary>
    Terminate,

    /// <summary>It was killed.</summary>
    Kill,
}

/// <summary>The next step of a container's end.</summary>
/// <param name="Container">The container.</param>
/// <param name="Step">The step.</param>
/// <param name="Grace">The time until it is killed, or killed again.</param>
/// <param name="Message">That of the event Killing; null if that was already recorded.</param>
/// <param name="Restarts">Whether the container is started anew when it has ended, whatever its exit code.</param>
internal sealed record ContainerStop(ContainerInstance Container, StopStep Step, TimeSpan Grace, string? Message, bool Restarts = false);
