using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using OrleansOrchestrator.Node.Runtime.Sessions;

namespace OrleansOrchestrator.Node.Runtime.Hollow;

/// <summary>Runs nothing: containers are entries in a table. For scale tests with thousands of nodes in one process.</summary>
/// <param name="nodeIndex">Determines the addresses of this node's pods.</param>
/// <param name="timeProvider">The clock of the simulated starts and ends.</param>
internal sealed class HollowRuntime(int nodeIndex, TimeProvider timeProvider) : IContainerRuntime
{
    private const string NothingRuns = "nothing runs in the containers of a hollow node";

    private readonly ConcurrentDictionary<string, PodSandbox> _pods = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _podOfContainer = new(StringComparer.Ordinal);
    private int _addresses;

    public event Action<string>? PodChanged;

    /// <summary>What a container has used, for tests; nothing by itself.</summary>
    public Func<ContainerInstance, ContainerUsage> UsageOf { get; set; } = static _ => default;

    /// <summary>What a container has on disks, for tests; nothing by itself.</summary>
    public Func<ContainerInstance, ContainerStorage> StorageOf { get; set; } = static _ => default;

    /// <summary>The images, for tests; none by itself.</summary>
    public ConcurrentDictionary<string, NodeImage> Images { get; } = new(StringComparer.Ordinal);

    public string Version => "hollow://1.0.0";

    public string Scheme => "hollow";

    public bool StartsInstantly => true;

    public bool HasImages => false;

    public bool MapsHostPorts => true;

    public bool CanResize => true;

    public string? ImageFolder => null;

    public string? Fault => null;

    public PodPlace? PlaceOf(string podUid) => null;

    public Task<IReadOnlyList<PodSandbox>> ListAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<PodSandbox>>([.. _pods.Values]);

    public Task<PodSandbox?> InspectAsync(string podUid, CancellationToken cancellationToken) =>
        Task.FromResult(_pods.GetValueOrDefault(podUid));

    public Task<IReadOnlyDictionary<string, ContainerUsage>> MeasureAsync(IReadOnlyCollection<PodSandbox> pods, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, ContainerUsage>>(pods.SelectMany(pod => pod.Running).ToDictionary(container => container.Id, UsageOf));

    public Task<IReadOnlyDictionary<string, ContainerStorage>> MeasureStorageAsync(IReadOnlyCollection<PodSandbox> pods, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, ContainerStorage>>(pods.SelectMany(pod => pod.Containers).ToDictionary(container => container.Id, StorageOf));

    public Task CreateSandboxAsync(SandboxSpec spec, CancellationToken cancellationToken)
    {
        _pods[spec.PodUid] = new PodSandbox
        {
            Id = spec.PodUid,
            PodUid = spec.PodUid,
            PodName = spec.PodName,
            PodNamespace = spec.PodNamespace,
            Attempt = spec.Attempt,
            IsReady = true,
            Ip = NextAddress(),
            CreatedAt = timeProvider.GetUtcNow(),
            Containers = _pods.GetValueOrDefault(spec.PodUid)?.Containers ?? [],
        };
        return Task.CompletedTask;
    }

    public Task StopSandboxAsync(string podUid, CancellationToken cancellationToken)
    {
        Update(podUid, pod => pod with { IsReady = false });
        return Task.CompletedTask;
    }

    public Task RemovePodAsync(string podUid, CancellationToken cancellationToken)
    {
        if (_pods.TryRemove(podUid, out var pod))
        {
            foreach (var container in pod.Containers)
                _podOfContainer.TryRemove(container.Id, out _);
        }

        return Task.CompletedTask;
    }

    public Task<ImageLayers> FindLayersAsync(string image, CancellationToken cancellationToken) =>
        throw new RuntimeException(RuntimeException.ImagePull, NothingRuns);

    public Task<ImageResult> EnsureImageAsync(
        string image, ImagePullPolicy policy, Func<CancellationToken, Task<IReadOnlyList<RegistryCredential>>> credentials, CancellationToken cancellationToken) =>
        Task.FromResult(new ImageResult($"hollow://{image}", null, "65534"));

    public Task<IReadOnlyList<NodeImage>> ListImagesAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<NodeImage>>([.. Images.Values]);

    public Task<bool> RemoveImageAsync(NodeImage image, CancellationToken cancellationToken) => Task.FromResult(Images.TryRemove(image.Id, out _));

    public Task<string> CreateContainerAsync(PodSandbox sandbox, ContainerSpec spec, CancellationToken cancellationToken)
    {
        var container = new ContainerInstance
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"{sandbox.PodUid}.{spec.Name}.{spec.Attempt}"),
            Name = spec.Name,
            Attempt = spec.Attempt,
            Phase = ContainerPhase.Created,
            Image = spec.Image,
            ImageId = spec.ImageId,
            SpecHash = spec.SpecHash,
            Resources = CgroupResources.Of(spec.Resources),
            MemoryRequestBytes = spec.Resources.MemoryRequestBytes,
            CreatedAt = timeProvider.GetUtcNow(),
        };
        _podOfContainer[container.Id] = sandbox.PodUid;
        Update(sandbox.PodUid, pod => pod with { Containers = [.. pod.Containers, container] });
        return Task.FromResult(container.Id);
    }

    public Task StartContainerAsync(string containerId, CancellationToken cancellationToken)
    {
        UpdateContainer(containerId, c => c with { Phase = ContainerPhase.Running, StartedAt = timeProvider.GetUtcNow() });
        return Task.CompletedTask;
    }

    public Task UpdateContainerAsync(string containerId, CgroupResources resources, CancellationToken cancellationToken)
    {
        UpdateContainer(containerId, container => container with { Resources = resources });
        return Task.CompletedTask;
    }

    public Task SignalContainerAsync(string containerId, ContainerSignal signal, CancellationToken cancellationToken)
    {
        EndContainer(containerId, signal == ContainerSignal.Kill ? 137 : 0);
        return Task.CompletedTask;
    }

    /// <summary>Makes a container appear to have ended by itself, for tests.</summary>
    public void EndContainer(string containerId, int exitCode)
    {
        UpdateContainer(containerId, c => c.Phase != ContainerPhase.Running ? c : c with
        {
            Phase = ContainerPhase.Exited,
            ExitCode = exitCode,
            FinishedAt = timeProvider.GetUtcNow(),
        });
        if (_podOfContainer.TryGetValue(containerId, out var podUid))
            PodChanged?.Invoke(podUid);
    }

    public Task RemoveContainerAsync(string containerId, CancellationToken cancellationToken)
    {
        if (_podOfContainer.TryRemove(containerId, out var podUid))
            Update(podUid, pod => pod with { Containers = [.. pod.Containers.Where(c => c.Id != containerId)] });
        return Task.CompletedTask;
    }

    public Task CopyLogsAsync(string containerId, LogQuery query, Stream output, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    public Task<ExecResult> ExecAsync(
        string containerId, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken) =>
        Task.FromResult(new ExecResult(0, ""));

    public Task<IContainerSession> OpenExecAsync(string containerId, SessionRequest request, CancellationToken cancellationToken) =>
        throw new RuntimeException(RuntimeException.RunContainer, NothingRuns);

    public Task<IContainerSession> OpenAttachAsync(string containerId, SessionRequest request, CancellationToken cancellationToken) =>
        throw new RuntimeException(RuntimeException.RunContainer, NothingRuns);

    public Task<Socket> ConnectAsync(string podUid, int port, CancellationToken cancellationToken) =>
        throw new RuntimeException(RuntimeException.Unavailable, NothingRuns);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Update(string podUid, Func<PodSandbox, PodSandbox> change)
    {
        // Only its worker changes a pod, but a test may end a container at the same time.
        while (_pods.TryGetValue(podUid, out var pod) && !_pods.TryUpdate(podUid, change(pod), pod))
        {
        }
    }

    private void UpdateContainer(string containerId, Func<ContainerInstance, ContainerInstance> change)
    {
        if (_podOfContainer.TryGetValue(containerId, out var podUid))
            Update(podUid, pod => pod with { Containers = [.. pod.Containers.Select(c => c.Id == containerId ? change(c) : c)] });
    }

    /// <summary>Addresses in 10.0.0.0/8: 16 bits for the node, 8 for the pod. Nothing connects to them.</summary>
    private string NextAddress()
    {
        var pod = (Interlocked.Increment(ref _addresses) % 254) + 1;
        return string.Create(CultureInfo.InvariantCulture, $"10.{nodeIndex >> 8 & 255}.{nodeIndex & 255}.{pod}");
    }
}
