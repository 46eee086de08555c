using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Planning;

/// <summary>How far the node is with the resize of a pod.</summary>
internal sealed record PodResizeState
{
    public static readonly PodResizeState None = new();

    /// <summary>Why what the spec asks for is not granted; null if it is.</summary>
    public PendingResize? Pending { get; init; }

    /// <summary>The generation of the pod whose resources were granted last; null if it is not known.</summary>
    public long? GrantedGeneration { get; init; }
}

/// <summary>A resize that the node has not granted.</summary>
/// <param name="Reason">Deferred, or Infeasible.</param>
/// <param name="Message">What is missing.</param>
internal sealed record PendingResize(string Reason, string Message);

/// <summary>A change of a running container's resources that is to be made.</summary>
/// <param name="Container">The container.</param>
/// <param name="Resources">What it is to have.</param>
internal sealed record ContainerUpdate(ContainerInstance Container, CgroupResources Resources);
