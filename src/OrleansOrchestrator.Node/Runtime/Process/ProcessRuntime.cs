using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Runtime.Sessions;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>Runs pods as processes of the host, for machines without Docker. Images are ignored; see docs/node.md.</summary>
/// <remarks>
/// All state is in files: one folder per pod, and in it one per container. Processes lead sessions of their own and survive the daemon;
/// the next daemon reads the folders and continues.
/// </remarks>
internal sealed partial class ProcessRuntime : IContainerRuntime
{
    // How late the end of a process is noticed. A poll reads a file per container.
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(150);
    // The kernel ends killed processes in milliseconds; one that takes longer hangs in a driver.
    private static readonly TimeSpan KillWait = TimeSpan.FromSeconds(2);

    // The guard and the wrapper know it by this name too.
    private const string SealName = "sealed";

    private readonly string _root;
    private readonly PodCgroups? _cgroups;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly LoopbackRange _addresses;
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, PodFile> _pods = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ProcessContainer> _containers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ContainerPhase> _phases = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _poll;

    private ProcessRuntime(string root, int index, CgroupLimits limits, TimeProvider timeProvider, ILogger logger)
    {
        _root = root;
        _cgroups = PodCgroups.Find(usesSlices: false, limits, out _);
        _timeProvider = timeProvider;
        _logger = logger;
        _addresses = new LoopbackRange(index);
        Load();
        _poll = Task.Run(() => SupervisedLoop.RunAsync("process runtime", Poll, timeProvider, logger, _stop.Token));
    }

    public event Action<string>? PodChanged;

    public string Version => $"process://{System.Environment.Version}";

    public string Scheme => "process";

    public bool StartsInstantly => false;

    public bool HasImages => false;

    public bool MapsHostPorts => false;

    public bool CanResize => false;

    public string? ImageFolder => null;

    public string? Fault => null;

    public PodPlace? PlaceOf(string podUid) => new(_cgroups?.PathOf(podUid), PodFolder(podUid));

    public static ProcessRuntime Open(string dataDirectory, int index, CgroupLimits limits, TimeProvider timeProvider, ILoggerFactory loggers)
    {
        var root = Path.Combine(dataDirectory, "processes");
        Directory.CreateDirectory(root);
        return new ProcessRuntime(root, index, limits, timeProvider, loggers.CreateLogger<ProcessRuntime>());
    }

    public Task<IReadOnlyList<PodSandbox>> ListAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<PodSandbox>>([.. _pods.Keys.Select(Inspect).OfType<PodSandbox>()]);

    public Task<PodSandbox?> InspectAsync(string podUid, CancellationToken cancellationToken) => Task.FromResult(Inspect(podUid));

    public Task<IReadOnlyDictionary<string, ContainerUsage>> MeasureAsync(IReadOnlyCollection<PodSandbox> pods, CancellationToken cancellationToken)
    {
        var sessions = new Lazy<ILookup<int, int>>(ProcessUsage.BySession);
        var usage = new Dictionary<string, ContainerUsage>(StringComparer.Ordinal);
        foreach (var instance in pods.SelectMany(pod => pod.Running))
        {
            if (_containers.TryGetValue(instance.Id, out var container))
                usage[instance.Id] = ProcessUsage.Of(container.FindProcesses(sessions));
        }

        return Task.FromResult<IReadOnlyDictionary<string, ContainerUsage>>(usage);
    }

    public Task<IReadOnlyDictionary<string, ContainerStorage>> MeasureStorageAsync(IReadOnlyCollection<PodSandbox> pods, CancellationToken cancellationToken)
    {
        // Processes write to the machine's own files, which nobody can attribute to them.
        var storage = new Dictionary<string, ContainerStorage>(StringComparer.Ordinal);
        foreach (var instance in pods.SelectMany(pod => pod.Containers))
        {
            if (_containers.TryGetValue(instance.Id, out var container))
                storage[instance.Id] = new ContainerStorage(default, container.MeasureLogs(cancellationToken));
        }

        return Task.FromResult<IReadOnlyDictionary<string, ContainerStorage>>(storage);
    }

    public Task CreateSandboxAsync(SandboxSpec spec, CancellationToken cancellationToken)
    {
        if (spec.RuntimeHandler.Length > 0)
            throw new RuntimeException(RuntimeException.CreateSandbox, $"no runtime for \"{spec.RuntimeHandler}\" is configured");
        string? address = null;
        if (!spec.HostNetwork)
        {
            lock (_lock)
                address = _pods.TryGetValue(spec.PodUid, out var old) && old.Ip is { } kept ? kept : _addresses.Next();
        }

        Directory.CreateDirectory(PodFolder(spec.PodUid));
        Open(spec.PodUid);
        Save(new PodFile { Spec = spec, Ip = address, CreatedAt = _timeProvider.GetUtcNow(), IsReady = true });
        return Task.CompletedTask;
    }

    public Task StopSandboxAsync(string podUid, CancellationToken cancellationToken)
    {
        if (!_pods.TryGetValue(podUid, out var pod))
            return Task.CompletedTask;
        var stopped = pod with { IsReady = false };
        try
        {
            Save(stopped);
        }
        catch (IOException)
        {
            // A full disk must not keep a pod whose end makes room. A later daemon stops it again.
            _pods[podUid] = stopped;
        }

        return Task.CompletedTask;
    }

    public async Task RemovePodAsync(string podUid, CancellationToken cancellationToken)
    {
        // As the guard does: what is about to start finds the seal, and everything else is found by what it has written.
        Seal(podUid);
        var containers = _containers.Values.Where(c => c.PodUid == podUid).ToList();
        foreach (var container in containers)
            container.Signal(ContainerSignal.Kill);
        await WaitUntilEndedAsync(containers, cancellationToken);
        if (_cgroups is not null)
            await _cgroups.RemoveAsync(podUid, _timeProvider, cancellationToken);
        await FolderTree.RemoveAsync(PodFolder(podUid), _timeProvider, cancellationToken);
        foreach (var container in containers)
            Forget(container);
        if (_pods.TryRemove(podUid, out var pod) && pod.Ip is { } address)
        {
            lock (_lock)
                _addresses.Release(address);
        }
    }

    public Task<ImageLayers> FindLayersAsync(string image, CancellationToken cancellationToken) =>
        throw new RuntimeException(RuntimeException.ImagePull, "processes of the host are made of no image");

    public Task<ImageResult> EnsureImageAsync(
        string image, ImagePullPolicy policy, Func<CancellationToken, Task<IReadOnlyList<RegistryCredential>>> credentials, CancellationToken cancellationToken) =>
        Task.FromResult(new ImageResult("", null, ProcessUser.Current));

    public Task<IReadOnlyList<NodeImage>> ListImagesAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<NodeImage>>([]);

    public Task<bool> RemoveImageAsync(NodeImage image, CancellationToken cancellationToken) => Task.FromResult(false);

    public Task<string> CreateContainerAsync(PodSandbox sandbox, ContainerSpec spec, CancellationToken cancellationToken)
    {
        ProgramBuilder.Check(spec);
        Open(sandbox.PodUid);
        var name = $"{spec.Name}.{spec.Attempt}";
        var cgroup = _cgroups is null ? null : Path.Combine(_cgroups.PathOf(sandbox.PodUid), name);
        var record = new ContainerRecord { PodUid = sandbox.PodUid, Cgroup = cgroup, Spec = spec, CreatedAt = _timeProvider.GetUtcNow() };
        var folder = Path.Combine(PodFolder(sandbox.PodUid), name);
        var container = ProcessContainer.Create(folder, record);
        _containers[container.Id] = container;
        return Task.FromResult(container.Id);
    }

    public Task StartContainerAsync(string containerId, CancellationToken cancellationToken)
    {
        var container = Find(containerId);
        var hostname = _pods.TryGetValue(container.PodUid, out var pod) ? pod.Spec.Hostname : "";
        container.Start(ProgramBuilder.Environment(container.Spec, hostname));
        return Task.CompletedTask;
    }

    public Task UpdateContainerAsync(string containerId, CgroupResources resources, CancellationToken cancellationToken) =>
        throw new RuntimeException(RuntimeException.RunContainer, "processes of the host have no limits");

    public Task SignalContainerAsync(string containerId, ContainerSignal signal, CancellationToken cancellationToken)
    {
        if (_containers.TryGetValue(containerId, out var container))
            container.Signal(signal);
        return Task.CompletedTask;
    }

    public async Task RemoveContainerAsync(string containerId, CancellationToken cancellationToken)
    {
        if (!_containers.TryGetValue(containerId, out var container))
            return;
        container.Signal(ContainerSignal.Kill);
        await WaitUntilEndedAsync([container], cancellationToken);
        Forget(container);
        await container.DeleteAsync(_timeProvider, cancellationToken);
    }

    public Task CopyLogsAsync(string containerId, LogQuery query, Stream output, CancellationToken cancellationToken)
    {
        var container = Find(containerId);
        return LogReader.CopyAsync(
            container.Log,
            query,
            () => container.Inspect(_timeProvider.GetUtcNow()).Phase == ContainerPhase.Running,
            output,
            _timeProvider,
            cancellationToken);
    }

    public Task<ExecResult> ExecAsync(string containerId, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken) =>
        Find(containerId).ExecAsync(command, timeout, cancellationToken);

    public Task<IContainerSession> OpenExecAsync(string containerId, SessionRequest request, CancellationToken cancellationToken) =>
        Task.FromResult(FindRunning(containerId).Exec(request, _timeProvider));

    public Task<IContainerSession> OpenAttachAsync(string containerId, SessionRequest request, CancellationToken cancellationToken) =>
        Task.FromResult(FindRunning(containerId).Attach(request, _timeProvider));

    public Task<Socket> ConnectAsync(string podUid, int port, CancellationToken cancellationToken) =>
        _pods.TryGetValue(podUid, out var pod)
            ? PodConnection.OpenAsync(pod.Ip, port, cancellationToken)
            : throw new RuntimeException(RuntimeException.Unavailable, "the pod has no network");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _poll;
        _stop.Dispose();
    }

    private void Load()
    {
        foreach (var folder in Directory.EnumerateDirectories(_root))
        {
            if (RecordFile.Read<PodFile>(Path.Combine(folder, "pod.json")) is not { } pod)
                continue;
            _pods[pod.Spec.PodUid] = pod;
            if (pod.Ip is { } address)
                _addresses.Take(address);
            foreach (var container in Directory.EnumerateDirectories(folder).Select(ProcessContainer.Load).OfType<ProcessContainer>())
                _containers[container.Id] = container;
        }
    }

    private PodSandbox? Inspect(string podUid)
    {
        if (!_pods.TryGetValue(podUid, out var pod))
            return null;
        var now = _timeProvider.GetUtcNow();
        return new PodSandbox
        {
            Id = podUid,
            PodUid = podUid,
            PodName = pod.Spec.PodName,
            PodNamespace = pod.Spec.PodNamespace,
            Attempt = pod.Spec.Attempt,
            FenceAfter = pod.Spec.FenceAfter,
            IsReady = pod.IsReady,
            Ip = pod.Ip,
            CreatedAt = pod.CreatedAt,
            Containers = [.. _containers.Values.Where(c => c.PodUid == podUid).Select(c => c.Inspect(now))],
        };
    }

    /// <summary>Notices ends and starts, and maintains the logs' times and sizes.</summary>
    private Task<TimeSpan?> Poll(CancellationToken cancellationToken)
    {
        foreach (var (id, container) in _containers)
        {
            if (_phases.GetValueOrDefault(id) != ContainerPhase.Exited)
                Poll(id, container);
        }

        return Task.FromResult<TimeSpan?>(PollInterval);
    }

    private void Poll(string id, ProcessContainer container)
    {
        try
        {
            var now = _timeProvider.GetUtcNow();
            var phase = container.Inspect(now).Phase;
            container.Log.Poll(now);
            if (_phases.GetValueOrDefault(id) != phase)
            {
                if (phase == ContainerPhase.Exited && _phases.GetValueOrDefault(id) == ContainerPhase.Running)
                    container.NoteEnd();
                if (phase == ContainerPhase.Exited)
                    container.EndSessions();
                _phases[id] = phase;
                PodChanged?.Invoke(container.PodUid);
            }
        }
        catch (Exception exception)
        {
            // The container is being removed, or the disk is full. The next round shows which; the other containers go on.
            LogPollFailed(id, exception.Message);
        }
    }

    private async Task WaitUntilEndedAsync(IReadOnlyCollection<ProcessContainer> containers, CancellationToken cancellationToken)
    {
        var start = _timeProvider.GetTimestamp();
        while (containers.Any(c => c.Inspect(_timeProvider.GetUtcNow()).Phase == ContainerPhase.Running)
            && _timeProvider.GetElapsedTime(start) < KillWait)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), _timeProvider, cancellationToken);

            // A wrapper of an earlier daemon without a written process id could not be killed at first.
            foreach (var container in containers)
                container.Signal(ContainerSignal.Kill);
        }
    }

    /// <summary>Allows processes in the pod.</summary>
    private void Open(string podUid)
    {
        _cgroups?.Open(podUid);
        File.Delete(Path.Combine(PodFolder(podUid), SealName));
    }

    /// <summary>Forbids new processes in the pod.</summary>
    private void Seal(string podUid)
    {
        _cgroups?.Seal(podUid);
        if (Directory.Exists(PodFolder(podUid)))
            File.WriteAllBytes(Path.Combine(PodFolder(podUid), SealName), []);
    }

    private void Forget(ProcessContainer container)
    {
        _containers.TryRemove(container.Id, out _);
        _phases.TryRemove(container.Id, out _);
        container.EndSessions();
    }

    private void Save(PodFile pod)
    {
        RecordFile.Write(Path.Combine(PodFolder(pod.Spec.PodUid), "pod.json"), pod);
        _pods[pod.Spec.PodUid] = pod;
    }

    private ProcessContainer Find(string id) => _containers.TryGetValue(id, out var container)
        ? container
        : throw new RuntimeException(RuntimeException.RunContainer, $"container {id} does not exist");

    private ProcessContainer FindRunning(string id) =>
        Find(id) is var container && container.Inspect(_timeProvider.GetUtcNow()).Phase == ContainerPhase.Running
            ? container
            : throw new RuntimeException(RuntimeException.RunContainer, $"container {id} is not running");

    private string PodFolder(string podUid) => Path.Combine(_root, podUid);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Container {Id} could not be inspected: {Reason}")]
    private partial void LogPollFailed(string id, string reason);
}
