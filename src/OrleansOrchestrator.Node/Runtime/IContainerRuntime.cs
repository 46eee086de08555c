using System.Net.Sockets;
using OrleansOrchestrator.Node.Runtime.Sessions;

namespace OrleansOrchestrator.Node.Runtime;

/// <summary>Runs pods: sandboxes that hold a pod's network, and the containers in them.</summary>
/// <remarks>
/// Similar to the Container Runtime Interface, and smaller. Every call is quick except <see cref="EnsureImageAsync"/>, <see
/// cref="ExecAsync"/>, <see cref="CopyLogsAsync"/> and calls of sessions; none waits for a container to end. Every call can be
/// repeated: stopping a stopped container and removing a removed one succeed. Failures are <see cref="RuntimeException"/>.
/// </remarks>
internal interface IContainerRuntime : IAsyncDisposable
{
    /// <summary>The container runtime version of the node's status, for example <c>docker://20.10.24</c>.</summary>
    string Version { get; }

    /// <summary>The scheme of container ids in the API, for example <c>docker</c>.</summary>
    string Scheme { get; }

    /// <summary>Whether starts take no time, so that no intermediate status is worth a request.</summary>
    bool StartsInstantly { get; }

    /// <summary>Whether containers are made from images; otherwise nothing is pulled or created.</summary>
    bool HasImages { get; }

    /// <summary>Whether the runtime forwards host ports of a pod; otherwise its processes bind ports of the host themselves.</summary>
    bool MapsHostPorts { get; }

    /// <summary>Whether the resources of running containers can be changed.</summary>
    bool CanResize { get; }

    /// <summary>The folder of images and of the containers' own files; null if the runtime has none on this machine.</summary>
    string? ImageFolder { get; }

    /// <summary>Why no pod can run now; null if they can. The node is not ready meanwhile.</summary>
    string? Fault { get; }

    /// <summary>Raised with a pod's uid when one of its containers or its sandbox may have changed.</summary>
    event Action<string>? PodChanged;

    /// <summary>The location of a pod's processes for the guard; null if it cannot reach them.</summary>
    PodPlace? PlaceOf(string podUid);

    /// <summary>All pods of this node in the runtime, from this and earlier runs of the daemon.</summary>
    Task<IReadOnlyList<PodSandbox>> ListAsync(CancellationToken cancellationToken);

    /// <summary>The newest sandbox of a pod with all its containers, or null if there is none.</summary>
    Task<PodSandbox?> InspectAsync(string podUid, CancellationToken cancellationToken);

    /// <summary>Measures the running containers of pods, cheaply.</summary>
    /// <returns>What each has used, by the container's id. What cannot be measured is left out.</returns>
    Task<IReadOnlyDictionary<string, ContainerUsage>> MeasureAsync(IReadOnlyCollection<PodSandbox> pods, CancellationToken cancellationToken);

    /// <summary>Measures what the containers of pods have on disks, which may take some time.</summary>
    /// <returns>What each has, by the container's id.</returns>
    Task<IReadOnlyDictionary<string, ContainerStorage>> MeasureStorageAsync(IReadOnlyCollection<PodSandbox> pods, CancellationToken cancellationToken);

    Task CreateSandboxAsync(SandboxSpec spec, CancellationToken cancellationToken);

    /// <summary>Stops the sandbox at once; its stopped containers and their logs stay.</summary>
    Task StopSandboxAsync(string podUid, CancellationToken cancellationToken);

    /// <summary>Removes all sandboxes and containers of the pod, and kills what still runs.</summary>
    Task RemovePodAsync(string podUid, CancellationToken cancellationToken);

    /// <summary>Makes the image available, and returns its id.</summary>
    /// <param name="image">The image.</param>
    /// <param name="policy">When to pull it.</param>
    /// <param name="credentials">Finds the credentials for its registry; asked only if it is pulled.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RuntimeException">Reason is <c>ErrImagePull</c>, <c>ErrImageNeverPull</c> or <c>InvalidImageName</c>.</exception>
    Task<ImageResult> EnsureImageAsync(
        string image, ImagePullPolicy policy, Func<CancellationToken, Task<IReadOnlyList<RegistryCredential>>> credentials, CancellationToken cancellationToken);

    /// <summary>Finds the layers of an image on this machine.</summary>
    /// <exception cref="RuntimeException">The image is not here, or the runtime does not keep it in folders.</exception>
    Task<ImageLayers> FindLayersAsync(string image, CancellationToken cancellationToken);

    /// <summary>The images that the runtime has; none without images.</summary>
    Task<IReadOnlyList<NodeImage>> ListImagesAsync(CancellationToken cancellationToken);

    /// <summary>Removes an image with all of its names, unless a container is made from it.</summary>
    /// <returns>Whether it is gone.</returns>
    Task<bool> RemoveImageAsync(NodeImage image, CancellationToken cancellationToken);

    /// <summary>Creates a container in the pod's sandbox and returns its id.</summary>
    Task<string> CreateContainerAsync(PodSandbox sandbox, ContainerSpec spec, CancellationToken cancellationToken);

    Task StartContainerAsync(string containerId, CancellationToken cancellationToken);

    /// <summary>Changes the resources of a running container.</summary>
    /// <exception cref="RuntimeException">The runtime or the kernel refuses; the container keeps what it had.</exception>
    Task UpdateContainerAsync(string containerId, CgroupResources resources, CancellationToken cancellationToken);

    /// <summary>Sends a signal to the container's main process; an ended container ignores it.</summary>
    Task SignalContainerAsync(string containerId, ContainerSignal signal, CancellationToken cancellationToken);

    Task RemoveContainerAsync(string containerId, CancellationToken cancellationToken);

    /// <summary>Writes the requested part of the container's log.</summary>
    Task CopyLogsAsync(string containerId, LogQuery query, Stream output, CancellationToken cancellationToken);

    /// <summary>Runs a command inside the container, for probes and hooks.</summary>
    Task<ExecResult> ExecAsync(
        string containerId, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Opens a session with a new command inside the container.</summary>
    /// <exception cref="RuntimeException">The container does not run, or the command cannot be started.</exception>
    Task<IContainerSession> OpenExecAsync(string containerId, SessionRequest request, CancellationToken cancellationToken);

    /// <summary>Opens a session with the container's main process; its output begins now.</summary>
    /// <exception cref="RuntimeException">The container does not run.</exception>
    Task<IContainerSession> OpenAttachAsync(string containerId, SessionRequest request, CancellationToken cancellationToken);

    /// <summary>Connects to a port of a pod: on the pod's loopback address where pods have one, and on its own address
    /// otherwise.</summary>
    /// <exception cref="RuntimeException">Nobody listens there, or the pod has no network.</exception>
    Task<Socket> ConnectAsync(string podUid, int port, CancellationToken cancellationToken);
}
