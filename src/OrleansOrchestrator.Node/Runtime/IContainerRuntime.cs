using OrleansOrchestrator.Node.Runtime.Sessions;

namespace OrleansOrchestrator.Node.Runtime;

/// <summary>What runs pods: sandboxes that hold a pod's network, and the containers in them.</summary>
/// <remarks>
/// Shaped like the Container Runtime Interface, and small. Every call is quick except <see cref="EnsureImageAsync"/>,
/// <see cref="ExecAsync"/>, <see cref="CopyLogsAsync"/> and what goes on in sessions; nothing waits for a container to end. Every call can be
/// repeated: stopping what is stopped and removing what is gone succeed. Failures are <see cref="RuntimeException"/>.
/// </remarks>
internal interface IContainerRuntime : IAsyncDisposable
{
    /// <summary>What the node reports as its container runtime, for example <c>docker://20.10.24</c>.</summary>
    string Version { get; }

    /// <summary>The scheme of container ids in the API, for example <c>docker</c>.</summary>
    string Scheme { get; }

    /// <summary>Whether starting takes no time, so that no status in between is worth a request.</summary>
    bool StartsInstantly { get; }

    /// <summary>Whether containers are made from images; otherwise there is nothing to pull and nothing to create.</summary>
    bool HasImages { get; }

    /// <summary>Whether a host port of a pod leads to it; otherwise its processes bind ports of the host themselves.</summary>
    bool MapsHostPorts { get; }

    /// <summary>Why no pod can run at the moment, or null. The node is not ready meanwhile.</summary>
    string? Fault { get; }

    /// <summary>Raised with a pod's uid when one of its containers or its sandbox may have changed.</summary>
    event Action<string>? PodChanged;

    /// <summary>Where the processes of a pod are for the guard; null if it cannot reach them.</summary>
    PodPlace? PlaceOf(string podUid);

    /// <summary>All pods of this node that the runtime knows, of this and of earlier runs of the daemon.</summary>
    Task<IReadOnlyList<PodSandbox>> ListAsync(CancellationToken cancellationToken);

    /// <summary>The newest sandbox of a pod with all its containers, or null if there is none.</summary>
    Task<PodSandbox?> InspectAsync(string podUid, CancellationToken cancellationToken);

    Task CreateSandboxAsync(SandboxSpec spec, CancellationToken cancellationToken);

    /// <summary>Ends the sandbox at once; its stopped containers and their logs stay.</summary>
    Task StopSandboxAsync(string podUid, CancellationToken cancellationToken);

    /// <summary>Removes every sandbox and every container of the pod, killing what still runs.</summary>
    Task RemovePodAsync(string podUid, CancellationToken cancellationToken);

    /// <summary>Makes sure that the image is here, and returns its id.</summary>
    /// <exception cref="RuntimeException">Reason is <c>ErrImagePull</c>, <c>ErrImageNeverPull</c> or <c>InvalidImageName</c>.</exception>
    Task<ImageResult> EnsureImageAsync(string image, ImagePullPolicy policy, CancellationToken cancellationToken);

    /// <summary>Creates a container in the pod's sandbox and returns its id.</summary>
    Task<string> CreateContainerAsync(PodSandbox sandbox, ContainerSpec spec, CancellationToken cancellationToken);

    Task StartContainerAsync(string containerId, CancellationToken cancellationToken);

    /// <summary>Sends a signal to the container's first process; a container that has ended ignores it.</summary>
    Task SignalContainerAsync(string containerId, ContainerSignal signal, CancellationToken cancellationToken);

    Task RemoveContainerAsync(string containerId, CancellationToken cancellationToken);

    /// <summary>Writes the container's log to the output as the query asks.</summary>
    Task CopyLogsAsync(string containerId, LogQuery query, Stream output, CancellationToken cancellationToken);

    /// <summary>Runs a command inside the container, for probes and hooks.</summary>
    Task<ExecResult> ExecAsync(
        string containerId, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Opens a session with a command that is started inside the container.</summary>
    /// <exception cref="RuntimeException">The container does not run, or the command cannot be started.</exception>
    Task<IContainerSession> OpenExecAsync(string containerId, SessionRequest request, CancellationToken cancellationToken);

    /// <summary>Opens a session with the container's own process; its output is what comes from now on.</summary>
    /// <exception cref="RuntimeException">The container does not run.</exception>
    Task<IContainerSession> OpenAttachAsync(string containerId, SessionRequest request, CancellationToken cancellationToken);
}
