using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Runtime.Sessions;

namespace OrleansOrchestrator.Node.Runtime.Containerd;

/// <summary>Runs pods on containerd, or another runtime that speaks the Container Runtime Interface.</summary>
/// <remarks>The runtime brings the network (CNI) and the image of its sandboxes; its operator configures both.</remarks>
internal sealed partial class ContainerdRuntime : IContainerRuntime
{
    private const string ScopePrefix = "cri-containerd";

    // The kubelet's limit for the output of a probe.
    private const int ExecOutputBytesMax = 10 * 1024;

    // A stop without a kill: the node kills when the grace period is over, also after its own restart.
    private static readonly TimeSpan StopTime = TimeSpan.FromDays(365);

    // A signal takes milliseconds.
    private static readonly TimeSpan SignalTime = TimeSpan.FromMilliseconds(300);

    // As the kubelet.
    private static readonly TimeSpan LogRotationPeriod = TimeSpan.FromSeconds(10);

    private readonly CriConnection _connection;
    private readonly ContainerdImages _images;
    private readonly ContainerdSessions _sessions;
    private readonly ContainerOwner _owner;
    private readonly TimeSpan _requestTimeout;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, (Cri.ContainerState State, ContainerInstance Instance)> _inspected = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Cri.PodSandboxStatus> _sandboxes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, CriLog> _logs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Id, ContainerSignal Signal), Task> _stops = new();
    private readonly PodCreations _creations;
    private readonly ContainerStates _states;
    private readonly Task _loops;
    private volatile PodCgroups? _cgroups;
    private volatile string? _notReady;

    private ContainerdRuntime(
        CriConnection connection,
        ContainerdImages images,
        ContainerOwner owner,
        CgroupLimits limits,
        TimeSpan requestTimeout,
        Cri.VersionResponse version,
        string? imageFolder,
        bool usesSlices,
        TimeProvider timeProvider,
        ILoggerFactory loggers)
    {
        _connection = connection;
        _owner = owner;
        _requestTimeout = requestTimeout;
        _timeProvider = timeProvider;
        _creations = new PodCreations(timeProvider);
        _logger = loggers.CreateLogger<ContainerdRuntime>();
        _images = images;
        ImageFolder = imageFolder;
        _sessions = new ContainerdSessions(connection, timeProvider);
        Scheme = version.RuntimeName;
        Version = $"{version.RuntimeName}://{version.RuntimeVersion.Split('~', '+')[0]}";
        _cgroups = PodCgroups.Find(usesSlices, limits, out var fault);
        if (_cgroups is null)
            LogUnguarded(fault);
        _states = new ContainerStates(
            version.RuntimeName, ListStatesAsync, uid => PodChanged?.Invoke(uid), null, timeProvider, loggers.CreateLogger<ContainerStates>());
        _loops = Task.WhenAll(
            _states.RunAsync(_stop.Token),
            SupervisedLoop.RunAsync("log rotation", RotateLogsAsync, timeProvider, _logger, _stop.Token));
    }

    public event Action<string>? PodChanged;

    public string Version { get; }

    public string Scheme { get; }

    public bool StartsInstantly => false;

    public bool HasImages => true;

    public bool MapsHostPorts => true;

    public bool CanResize => true;

    public string? ImageFolder { get; }

    public string? Fault => _states.Fault ?? _notReady;

    public PodPlace? PlaceOf(string podUid) => _cgroups is { } cgroups ? new PodPlace(cgroups.PathOf(podUid), null) : null;

    /// <param name="owner">The owner of the containers.</param>
    /// <param name="uses">When pods last used an image.</param>
    /// <param name="limits">What pods may take of the machine.</param>
    /// <param name="endpoint">The address of the runtime's socket.</param>
    /// <param name="requestTimeout">How long the runtime may take to create, start or remove a container.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="loggers">Where the runtime logs.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <exception cref="RuntimeException">No runtime answers.</exception>
    public static async Task<ContainerdRuntime> OpenAsync(
        ContainerOwner owner,
        ImageUses uses,
        CgroupLimits limits,
        Uri endpoint,
        TimeSpan requestTimeout,
        TimeProvider timeProvider,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        var connection = CriConnection.Open(endpoint, timeProvider);
        try
        {
            var version = await VersionOfAsync(connection, endpoint, cancellationToken);
            var images = new ContainerdImages(connection, uses, requestTimeout, timeProvider);
            var folder = await images.FindFolderAsync(cancellationToken);
            var usesSlices = await CriStatus.UsesSlicesAsync(connection, cancellationToken);
            return new ContainerdRuntime(connection, images, owner, limits, requestTimeout, version, folder, usesSlices, timeProvider, loggers);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Checks that a runtime answers.</summary>
    /// <exception cref="RuntimeException">No runtime answers.</exception>
    public static async Task RequireAsync(Uri endpoint, CancellationToken cancellationToken)
    {
        using var connection = CriConnection.Open(endpoint, TimeProvider.System);
        await VersionOfAsync(connection, endpoint, cancellationToken);
    }

    public async Task<IReadOnlyList<PodSandbox>> ListAsync(CancellationToken cancellationToken)
    {
        var (sandboxes, containers) = await FindAsync(null, cancellationToken);
        var pods = new List<PodSandbox>();
        foreach (var pod in sandboxes.GroupBy(sandbox => sandbox.Metadata.Uid))
            pods.Add(await ToPodAsync([.. pod], containers[pod.Key], cancellationToken));
        return pods;
    }

    public async Task<PodSandbox?> InspectAsync(string podUid, CancellationToken cancellationToken)
    {
        var (sandboxes, containers) = await FindAsync(podUid, cancellationToken);
        return sandboxes.Count > 0 ? await ToPodAsync(sandboxes, containers[podUid], cancellationToken) : null;
    }

    public Task<IReadOnlyDictionary<string, ContainerUsage>> MeasureAsync(IReadOnlyCollection<PodSandbox> pods, CancellationToken cancellationToken)
    {
        var usage = new Dictionary<string, ContainerUsage>(StringComparer.Ordinal);
        foreach (var (podUid, container) in pods.SelectMany(pod => pod.Running.Select(container => (pod.PodUid, container.Id))))
        {
            if (_cgroups is { } cgroups && CgroupUsage.Read(cgroups.RelativePathOf(ScopePrefix, podUid, container)) is { } measured)
                usage[container] = measured;
        }

        return Task.FromResult<IReadOnlyDictionary<string, ContainerUsage>>(usage);
    }

    public async Task<IReadOnlyDictionary<string, ContainerStorage>> MeasureStorageAsync(IReadOnlyCollection<PodSandbox> pods, CancellationToken cancellationToken)
    {
        var storage = new Dictionary<string, ContainerStorage>(StringComparer.Ordinal);
        foreach (var pod in pods)
        {
            var request = new Cri.ListContainerStatsRequest { Filter = new() { LabelSelector = { [ContainerLabels.PodUid] = pod.PodUid } } };
            foreach (var stats in (await QueryAsync(options => _connection.Runtime.ListContainerStatsAsync(request, options), cancellationToken)).Stats)
            {
                if (await MeasureStorageAsync(stats, cancellationToken) is { } measured)
                    storage[stats.Attributes.Id] = measured;
            }
        }

        return storage;
    }

    public async Task CreateSandboxAsync(SandboxSpec spec, CancellationToken cancellationToken)
    {
        // Ended sandboxes keep their ended containers, whose number of attempts counts, until the pod goes.
        var (old, _) = await FindAsync(spec.PodUid, cancellationToken);
        foreach (var sandbox in old)
            await StopSandboxAsync(sandbox, cancellationToken);
        Directory.CreateDirectory(CriLog.FolderOf(spec.Directory));
        _cgroups?.Open(spec.PodUid);
        var request = new Cri.RunPodSandboxRequest
        {
            RuntimeHandler = spec.RuntimeHandler,
            Config = CriParameters.OfSandbox(_owner, spec, _cgroups?.ParentOf(spec.PodUid)),
        };
        await CreateAsync(spec.PodUid, options => _connection.Runtime.RunPodSandboxAsync(request, options), RuntimeException.CreateSandbox, cancellationToken);
        if (_cgroups is { } cgroups && !cgroups.IsPopulated(spec.PodUid))
        {
            _cgroups = null;
            LogUnguarded("its containers are not in the cgroups of this machine");
        }
    }

    public async Task StopSandboxAsync(string podUid, CancellationToken cancellationToken)
    {
        foreach (var sandbox in (await FindAsync(podUid, cancellationToken)).Sandboxes)
            await StopSandboxAsync(sandbox, cancellationToken);
    }

    public async Task RemovePodAsync(string podUid, CancellationToken cancellationToken)
    {
        await _creations.EndAsync(podUid, CriConnection.QuickTime, cancellationToken);

        // Lets the kernel kill all processes of the pod at once.
        if (_cgroups is { } own)
            PodCgroups.Kill(own.PathOf(podUid));
        var (sandboxes, containers) = await FindAsync(podUid, cancellationToken);
        await Task.WhenAll(containers[podUid].Select(container => RemoveContainerAsync(container.Id, cancellationToken)));
        foreach (var sandbox in sandboxes)
        {
            await StopSandboxAsync(sandbox, cancellationToken);
            var request = new Cri.RemovePodSandboxRequest { PodSandboxId = sandbox.Id };
            await CallAsync(options => _connection.Runtime.RemovePodSandboxAsync(request, options), RuntimeException.Unavailable, cancellationToken);
            _sandboxes.TryRemove(sandbox.Id, out _);
        }

        if (_cgroups is { } cgroups)
            await cgroups.RemoveAsync(podUid, _timeProvider, cancellationToken);
    }

    public Task<ImageResult> EnsureImageAsync(
        string image, ImagePullPolicy policy, Func<CancellationToken, Task<IReadOnlyList<RegistryCredential>>> credentials, CancellationToken cancellationToken) =>
        _images.EnsureAsync(image, policy, credentials, cancellationToken);

    public Task<ImageLayers> FindLayersAsync(string image, CancellationToken cancellationToken) => throw new RuntimeException(
        RuntimeException.ImagePull, $"the container runtime does not tell where it keeps image \"{image}\", so that it cannot be mounted");

    public async Task<IReadOnlyList<NodeImage>> ListImagesAsync(CancellationToken cancellationToken)
    {
        var containers = await QueryAsync(options => _connection.Runtime.ListContainersAsync(new Cri.ListContainersRequest(), options), cancellationToken);
        return await _images.ListAsync(containers.Containers.Select(container => container.ImageRef).ToHashSet(StringComparer.Ordinal), cancellationToken);
    }

    public Task<bool> RemoveImageAsync(NodeImage image, CancellationToken cancellationToken) => _images.RemoveAsync(image, cancellationToken);

    public async Task<string> CreateContainerAsync(PodSandbox sandbox, ContainerSpec spec, CancellationToken cancellationToken)
    {
        _cgroups?.Open(sandbox.PodUid);
        var namespaces = (await StatusOfAsync(sandbox.Id, cancellationToken)).Linux?.Namespaces?.Options ?? new Cri.NamespaceOption();
        var request = new Cri.CreateContainerRequest
        {
            PodSandboxId = sandbox.Id,
            Config = CriParameters.OfContainer(_owner, sandbox, namespaces, spec, await WriteSeccompAsync(spec, cancellationToken)),
            SandboxConfig = new()
            {
                Metadata = new() { Name = sandbox.PodName, Uid = sandbox.PodUid, Namespace = sandbox.PodNamespace, Attempt = (uint)sandbox.Attempt },
                LogDirectory = CriLog.FolderOf(spec.PodDirectory),
                Linux = new() { CgroupParent = _cgroups?.ParentOf(sandbox.PodUid) ?? "", SecurityContext = new() { NamespaceOptions = namespaces, Privileged = spec.Security.Privileged } },
            },
        };
        var created = await CreateAsync(
            sandbox.PodUid, options => _connection.Runtime.CreateContainerAsync(request, options), RuntimeException.CreateContainer, cancellationToken);
        return created.ContainerId;
    }

    public Task StartContainerAsync(string containerId, CancellationToken cancellationToken)
    {
        var request = new Cri.StartContainerRequest { ContainerId = containerId };
        return CallAsync(options => _connection.Runtime.StartContainerAsync(request, options), RuntimeException.RunContainer, cancellationToken);
    }

    public async Task UpdateContainerAsync(string containerId, CgroupResources resources, CancellationToken cancellationToken)
    {
        var request = new Cri.UpdateContainerResourcesRequest { ContainerId = containerId, Linux = CriParameters.ResourcesOf(resources) };
        try
        {
            await CallAsync(options => _connection.Runtime.UpdateContainerResourcesAsync(request, options), RuntimeException.RunContainer, cancellationToken);
        }
        finally
        {
            _inspected.TryRemove(containerId, out _);
        }
    }

    public async Task SignalContainerAsync(string containerId, ContainerSignal signal, CancellationToken cancellationToken)
    {
        // The runtime answers when the container has ended, so that nobody waits for that here. One call is enough: it sends the signal once.
        var grace = signal == ContainerSignal.Kill ? TimeSpan.Zero : StopTime;
        var key = (containerId, signal);
        var stopping = _stops.GetOrAdd(key, _ => StopContainerAsync(containerId, grace, _stop.Token));
        _ = stopping.ContinueWith(ended => (ended.Exception, _stops.TryRemove(KeyValuePair.Create(key, ended))), TaskScheduler.Default);

        // A runtime that cannot be reached says so at once, and the signal is sent again later.
        if (await stopping.CompletesWithinAsync(SignalTime, _timeProvider, cancellationToken))
            await stopping;
    }

    public async Task RemoveContainerAsync(string containerId, CancellationToken cancellationToken)
    {
        try
        {
            // An unknown log is found while the runtime still knows the container.
            var log = await LogOfAsync(containerId, cancellationToken);
            var request = new Cri.RemoveContainerRequest { ContainerId = containerId };
            await CallAsync(options => _connection.Runtime.RemoveContainerAsync(request, options), RuntimeException.Unavailable, cancellationToken);
            log.Remove();
        }
        catch (RuntimeException exception) when (CriErrors.IsUnknown(exception))
        {
            // It is gone.
        }

        _inspected.TryRemove(containerId, out _);
        _logs.TryRemove(containerId, out _);
    }

    public async Task CopyLogsAsync(string containerId, LogQuery query, Stream output, CancellationToken cancellationToken) =>
        await CriLogReader.CopyAsync(
            await LogOfAsync(containerId, cancellationToken), query, token => IsRunningAsync(containerId, token), output, _timeProvider, cancellationToken);

    public async Task<ExecResult> ExecAsync(string containerId, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        // The interface counts whole seconds, and knows no shorter time than one.
        var request = new Cri.ExecSyncRequest { ContainerId = containerId, Cmd = { command }, Timeout = (long)Math.Ceiling(Math.Max(1, timeout.TotalSeconds)) };
        var (began, within) = (_timeProvider.GetTimestamp(), timeout + CriConnection.QuickTime);
        try
        {
            var result = await _connection.CallAsync(
                options => _connection.Runtime.ExecSyncAsync(request, options), within, RuntimeException.RunContainer, cancellationToken);
            var output = result.Stdout.Span.Length > 0 ? result.Stdout.Concat(result.Stderr) : result.Stderr;
            return new ExecResult(result.ExitCode, Encoding.UTF8.GetString([.. output.Take(ExecOutputBytesMax)]));
        }
        catch (RuntimeException exception) when (CriErrors.IsTimeout(exception) && _timeProvider.GetElapsedTime(began) < within)
        {
            // Later it is the runtime that has not answered.
            return new ExecResult(-1, "", TimedOut: true);
        }
    }

    public Task<IContainerSession> OpenExecAsync(string containerId, SessionRequest request, CancellationToken cancellationToken) =>
        _sessions.ExecAsync(containerId, request, cancellationToken);

    public Task<IContainerSession> OpenAttachAsync(string containerId, SessionRequest request, CancellationToken cancellationToken) =>
        _sessions.AttachAsync(containerId, request, cancellationToken);

    public async Task<Socket> ConnectAsync(string podUid, int port, CancellationToken cancellationToken)
    {
        var sandbox = (await FindAsync(podUid, cancellationToken)).Sandboxes.FirstOrDefault()
            ?? throw new RuntimeException(RuntimeException.Unavailable, "the pod has no network");
        var processes = _cgroups?.ProcessesOf(ScopePrefix, podUid, sandbox.Id) ?? [];
        using var network = processes is [var process, ..] ? NetworkNamespace.TryOpen(process) : null;
        if (network is not null)
        {
            return await PodConnection.OpenAsync(
                $"inside namespace \"{sandbox.Id}\"", port, [IPAddress.Loopback, IPAddress.IPv6Loopback], network.CreateSocketAsync, cancellationToken);
        }

        // Without the right to enter the pod's network only its address is left.
        return await PodConnection.OpenAsync(CriTranslation.AddressOf(await FindStatusAsync(sandbox.Id, cancellationToken)), port, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loops;
        _sessions.Dispose();
        _connection.Dispose();
        _stop.Dispose();
    }

    /// <summary>Writes the container's own filter of system calls to a file, as the interface takes it.</summary>
    /// <returns>The file; null if the container has none.</returns>
    private static async Task<string?> WriteSeccompAsync(ContainerSpec spec, CancellationToken cancellationToken)
    {
        if (spec.Security.Seccomp is "" or "unconfined")
            return null;
        var file = Path.Combine(spec.PodDirectory, $"seccomp-{spec.Name}.json");
        await File.WriteAllTextAsync(file, spec.Security.Seccomp, cancellationToken);
        return file;
    }

    private static async Task<Cri.VersionResponse> VersionOfAsync(CriConnection connection, Uri endpoint, CancellationToken cancellationToken)
    {
        try
        {
            return await connection.CallAsync(
                options => connection.Runtime.VersionAsync(new Cri.VersionRequest(), options), CriConnection.QuickTime, RuntimeException.Unavailable, cancellationToken);
        }
        catch (RuntimeException exception)
        {
            throw new RuntimeException(RuntimeException.Unavailable, $"no container runtime answers at {endpoint}: {exception.Message}", exception);
        }
    }

    private Task<T> CallAsync<T>(Func<Grpc.Core.CallOptions, Grpc.Core.AsyncUnaryCall<T>> call, string reason, CancellationToken cancellationToken) =>
        _connection.CallAsync(call, _requestTimeout, reason, cancellationToken);

    private Task<T> CreateAsync<T>(
        string podUid, Func<Grpc.Core.CallOptions, Grpc.Core.AsyncUnaryCall<T>> call, string reason, CancellationToken cancellationToken) =>
        _creations.WaitAsync(podUid, CallAsync(call, reason, CancellationToken.None), cancellationToken);

    private Task<T> QueryAsync<T>(Func<Grpc.Core.CallOptions, Grpc.Core.AsyncUnaryCall<T>> call, CancellationToken cancellationToken) =>
        _connection.CallAsync(call, CriConnection.QuickTime, RuntimeException.Unavailable, cancellationToken);

    /// <summary>Finds the sandboxes and containers of this node, or of one of its pods, the newest sandbox first.</summary>
    private async Task<(IReadOnlyList<Cri.PodSandbox> Sandboxes, ILookup<string, Cri.Container> Containers)> FindAsync(
        string? podUid, CancellationToken cancellationToken)
    {
        var (sandboxes, containers) = (new List<Cri.PodSandbox>(), new List<Cri.Container>());
        foreach (var labels in ContainerLabels.Of(_owner))
        {
            if (podUid is not null)
                labels[ContainerLabels.PodUid] = podUid;

            // In this order, so that every container that is found has a sandbox.
            var byContainer = new Cri.ListContainersRequest { Filter = new() { LabelSelector = { labels } } };
            containers.AddRange((await QueryAsync(options => _connection.Runtime.ListContainersAsync(byContainer, options), cancellationToken)).Containers);
            var bySandbox = new Cri.ListPodSandboxRequest { Filter = new() { LabelSelector = { labels } } };
            sandboxes.AddRange((await QueryAsync(options => _connection.Runtime.ListPodSandboxAsync(bySandbox, options), cancellationToken)).Items);
        }

        return ([.. sandboxes.OrderByDescending(sandbox => sandbox.Metadata.Attempt)], containers.ToLookup(container => container.Labels[ContainerLabels.PodUid]));
    }

    private async Task<IEnumerable<ContainerState>> ListStatesAsync(CancellationToken cancellationToken)
    {
        var (sandboxes, containers) = await FindAsync(null, cancellationToken);
        _notReady = await CriStatus.FindFaultAsync(_connection, cancellationToken);
        return sandboxes.Select(sandbox => new ContainerState(sandbox.Metadata.Uid, sandbox.Id, sandbox.State.ToString()))
            .Concat(containers.SelectMany(pod => pod.Select(container => new ContainerState(pod.Key, container.Id, container.State.ToString()))));
    }

    private async Task<ContainerStorage?> MeasureStorageAsync(Cri.ContainerStats stats, CancellationToken cancellationToken)
    {
        try
        {
            var root = new StorageUsage((long)(stats.WritableLayer?.UsedBytes?.Value ?? 0), (long)(stats.WritableLayer?.InodesUsed?.Value ?? 0));
            return new ContainerStorage(root, (await LogOfAsync(stats.Attributes.Id, cancellationToken)).Measure());
        }
        catch (RuntimeException exception) when (CriErrors.IsUnknown(exception))
        {
            return null;
        }
    }

    private async Task<PodSandbox> ToPodAsync(IReadOnlyList<Cri.PodSandbox> sandboxes, IEnumerable<Cri.Container> containers, CancellationToken cancellationToken)
    {
        var instances = new List<ContainerInstance>();
        foreach (var container in containers)
        {
            if (await InspectContainerAsync(container, cancellationToken) is { } instance)
                instances.Add(instance);
        }

        var newest = sandboxes[0];
        var isReady = newest.State == Cri.PodSandboxState.SandboxReady;
        return CriTranslation.ToSandbox(newest, isReady ? await FindStatusAsync(newest.Id, cancellationToken) : null, instances);
    }

    private async Task<Cri.PodSandboxStatus?> FindStatusAsync(string sandboxId, CancellationToken cancellationToken)
    {
        try
        {
            return await StatusOfAsync(sandboxId, cancellationToken);
        }
        catch (RuntimeException exception) when (CriErrors.IsUnknown(exception))
        {
            return null;
        }
    }

    /// <summary>What never changes of a sandbox: its addresses and its namespaces.</summary>
    private async Task<Cri.PodSandboxStatus> StatusOfAsync(string sandboxId, CancellationToken cancellationToken)
    {
        if (_sandboxes.TryGetValue(sandboxId, out var known))
            return known;
        var request = new Cri.PodSandboxStatusRequest { PodSandboxId = sandboxId };
        return _sandboxes[sandboxId] = (await QueryAsync(options => _connection.Runtime.PodSandboxStatusAsync(request, options), cancellationToken)).Status;
    }

    /// <summary>Inspects a container only when its state has changed since the last time.</summary>
    private async Task<ContainerInstance?> InspectContainerAsync(Cri.Container container, CancellationToken cancellationToken)
    {
        if (_inspected.TryGetValue(container.Id, out var known) && known.State == container.State)
            return known.Instance;
        try
        {
            var request = new Cri.ContainerStatusRequest { ContainerId = container.Id, Verbose = true };
            var answer = await QueryAsync(options => _connection.Runtime.ContainerStatusAsync(request, options), cancellationToken);
            var (status, instance) = (answer.Status, CriTranslation.ToInstance(answer));
            if (status.State == Cri.ContainerState.ContainerUnknown)
                await SignalContainerAsync(container.Id, ContainerSignal.Kill, cancellationToken);
            else
                _inspected[container.Id] = (status.State, instance);
            return instance;
        }
        catch (RuntimeException exception) when (CriErrors.IsUnknown(exception))
        {
            return null;
        }
    }

    private async Task<Cri.ContainerStatus> ContainerStatusAsync(string containerId, CancellationToken cancellationToken)
    {
        var request = new Cri.ContainerStatusRequest { ContainerId = containerId };
        return (await QueryAsync(options => _connection.Runtime.ContainerStatusAsync(request, options), cancellationToken)).Status;
    }

    private async Task<bool> IsRunningAsync(string containerId, CancellationToken cancellationToken)
    {
        try
        {
            return (await ContainerStatusAsync(containerId, cancellationToken)).State is Cri.ContainerState.ContainerRunning or Cri.ContainerState.ContainerCreated;
        }
        catch (RuntimeException exception) when (CriErrors.IsUnknown(exception))
        {
            return false;
        }
    }

    private async Task<CriLog> LogOfAsync(string containerId, CancellationToken cancellationToken) =>
        _logs.TryGetValue(containerId, out var known)
            ? known
            : _logs.GetOrAdd(containerId, new CriLog((await ContainerStatusAsync(containerId, cancellationToken)).LogPath));

    private async Task StopSandboxAsync(Cri.PodSandbox sandbox, CancellationToken cancellationToken)
    {
        // Also one that has ended: its address and its host ports are given back only then.
        var request = new Cri.StopPodSandboxRequest { PodSandboxId = sandbox.Id };
        try
        {
            await CallAsync(options => _connection.Runtime.StopPodSandboxAsync(request, options), RuntimeException.Unavailable, cancellationToken);
        }
        catch (RuntimeException exception) when (CriErrors.IsUnknown(exception))
        {
            // It is gone.
        }
    }

    private async Task StopContainerAsync(string containerId, TimeSpan grace, CancellationToken cancellationToken)
    {
        try
        {
            var request = new Cri.StopContainerRequest { ContainerId = containerId, Timeout = (long)grace.TotalSeconds };
            await _connection.CallAsync(
                options => _connection.Runtime.StopContainerAsync(request, options), grace + CriConnection.QuickTime, RuntimeException.Unavailable, cancellationToken);
        }
        catch (RuntimeException exception) when (CriErrors.IsUnknown(exception))
        {
            // It is gone.
        }
    }

    /// <summary>Bounds the logs of the running containers.</summary>
    private async Task<TimeSpan?> RotateLogsAsync(CancellationToken cancellationToken)
    {
        foreach (var (id, known) in _inspected.Where(container => container.Value.State == Cri.ContainerState.ContainerRunning))
        {
            try
            {
                var log = await LogOfAsync(id, cancellationToken);
                var request = new Cri.ReopenContainerLogRequest { ContainerId = id };
                await log.RotateAsync(() => QueryAsync(options => _connection.Runtime.ReopenContainerLogAsync(request, options), cancellationToken));
            }
            catch (Exception exception) when (exception is RuntimeException or IOException && !cancellationToken.IsCancellationRequested)
            {
                LogNotRotated(known.Instance.Name, exception.Message);
            }
        }

        return LogRotationPeriod;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The containers of this runtime cannot be guarded: {Reason}. Only the daemon, through the runtime, stops pods that the control plane may run elsewhere")]
    private partial void LogUnguarded(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The log of container {Container} was not moved aside: {Reason}")]
    private partial void LogNotRotated(string container, string reason);
}
