using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Docker.DotNet;
using Docker.DotNet.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Node.Runtime.Sessions;

namespace OrleansOrchestrator.Node.Runtime.Docker;

/// <summary>Runs pods on a Docker engine: a pause container owns the namespaces, and the pod's containers join it.</summary>
internal sealed partial class DockerRuntime : IContainerRuntime
{
    // An engine takes about a millisecond for one container.
    private const int MeasuredInParallel = 4;

    private readonly DockerClient _client;
    private readonly DockerImages _images;
    private readonly DockerSessions _sessions;
    private readonly DockerFolders _folders;
    private readonly ContainerOwner _owner;
    private readonly ISandboxNetwork _network;
    private readonly TimeSpan _requestTimeout;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, (string State, ContainerInstance Instance)> _inspected = new(StringComparer.Ordinal);
    private readonly PodCreations _creations;
    private readonly ContainerStates _states;
    private readonly Task _following;
    private volatile PodCgroups? _cgroups;
    private volatile bool _wasTouched = true;
    private List<ContainerState> _running = [];
    private readonly OomProtection _oom = new();

    private DockerRuntime(
        DockerClient client, ContainerOwner owner, ISandboxNetwork network, ImageUses uses, TimeSpan requestTimeout, TimeSpan pullProgressDeadline, string version, string? folder, TimeProvider timeProvider, ILoggerFactory loggers)
    {
        _client = client;
        _owner = owner;
        _network = network;
        _requestTimeout = requestTimeout;
        _timeProvider = timeProvider;
        _creations = new PodCreations(timeProvider);
        _logger = loggers.CreateLogger<DockerRuntime>();
        _images = new DockerImages(client, uses, requestTimeout, pullProgressDeadline, timeProvider);
        ImageFolder = folder;
        _sessions = new DockerSessions(client, timeProvider);
        _folders = new DockerFolders(client, _images, owner, requestTimeout);
        Version = version;
        _states = new ContainerStates(
            "The Docker engine", ListStatesAsync, uid => PodChanged?.Invoke(uid), IsAtRest, timeProvider, loggers.CreateLogger<ContainerStates>());
        _following = _states.RunAsync(_stop.Token);
    }

    public event Action<string>? PodChanged;

    public string Version { get; }

    public string Scheme => "docker";

    public bool StartsInstantly => false;

    public bool HasImages => true;

    public bool MapsHostPorts => true;

    public bool CanResize => true;

    public string? ImageFolder { get; }

    public string? Fault => _states.Fault;

    public PodPlace? PlaceOf(string podUid) => _cgroups is { } cgroups ? new PodPlace(cgroups.PathOf(podUid), null) : null;

    /// <param name="owner">The owner of the containers.</param>
    /// <param name="network">Where pods have their network, if not from the engine.</param>
    /// <param name="uses">When pods last used an image.</param>
    /// <param name="limits">What pods may take of the machine.</param>
    /// <param name="endpoint">The engine's address; null for the usual one.</param>
    /// <param name="requestTimeout">How long the engine may take to create, start or remove a container.</param>
    /// <param name="pullProgressDeadline">How long a pull may show no progress.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="loggers">Where the runtime logs.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <exception cref="RuntimeException">No engine answers.</exception>
    public static async Task<DockerRuntime> OpenAsync(
        ContainerOwner owner, ISandboxNetwork network, ImageUses uses, CgroupLimits limits, Uri? endpoint, TimeSpan requestTimeout, TimeSpan pullProgressDeadline, TimeProvider timeProvider, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var client = DockerEngine.Connect(endpoint);
        DockerRuntime? runtime = null;
        try
        {
            var info = await DockerEngine.CallAsync(
                token => client.System.GetSystemInfoAsync(token), DockerEngine.QuickTime, RuntimeException.Unavailable, cancellationToken);
            var bare = (info.ServerVersion ?? "").Split('+', '-')[0];
            var isLocal = DockerEngine.AddressOf(endpoint).Scheme == "unix" && Directory.Exists(info.DockerRootDir);
            runtime = new DockerRuntime(client, owner, network, uses, requestTimeout, pullProgressDeadline, $"docker://{bare}", isLocal ? info.DockerRootDir : null, timeProvider, loggers);
            runtime.FindCgroups(info.CgroupDriver, limits);
            await runtime.LearnFromEarlierRunAsync(cancellationToken);
            return runtime;
        }
        catch
        {
            if (runtime is not null)
                await runtime.DisposeAsync();
            else
                client.Dispose();
            throw;
        }
    }

    public async Task<IReadOnlyList<PodSandbox>> ListAsync(CancellationToken cancellationToken)
    {
        var all = await ListContainersAsync(cancellationToken);
        var pods = new List<PodSandbox>();
        foreach (var pod in all.GroupBy(c => c.Labels[ContainerLabels.PodUid]))
        {
            if (await ToPodAsync([.. pod], cancellationToken) is { } sandbox)
                pods.Add(sandbox);
        }

        return pods;
    }

    public async Task<PodSandbox?> InspectAsync(string podUid, CancellationToken cancellationToken) =>
        await ToPodAsync(await ContainersOfAsync(podUid, cancellationToken), cancellationToken);

    public async Task<IReadOnlyDictionary<string, ContainerUsage>> MeasureAsync(IReadOnlyCollection<PodSandbox> pods, CancellationToken cancellationToken)
    {
        var usage = new ConcurrentDictionary<string, ContainerUsage>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(
            pods.SelectMany(pod => pod.Running.Select(container => (pod.PodUid, container.Id))),
            new ParallelOptions { MaxDegreeOfParallelism = MeasuredInParallel, CancellationToken = cancellationToken },
            async (container, token) =>
            {
                if (await MeasureAsync(container.PodUid, container.Id, token) is { } measured)
                    usage[container.Id] = measured;
            });
        return usage;
    }

    public async Task<IReadOnlyDictionary<string, ContainerStorage>> MeasureStorageAsync(IReadOnlyCollection<PodSandbox> pods, CancellationToken cancellationToken)
    {
        var storage = new Dictionary<string, ContainerStorage>(StringComparer.Ordinal);
        foreach (var pod in pods)
        {
            foreach (var container in await FindAsync([$"{ContainerLabels.PodUid}={pod.PodUid}"], cancellationToken, withSize: true))
            {
                var logs = ImageFolder is null ? default : FolderUsage.Of(
                    Path.Combine(ImageFolder, "containers", container.ID), name => name.StartsWith($"{container.ID}-json.log", StringComparison.Ordinal), cancellationToken);
                storage[container.ID] = new ContainerStorage(new StorageUsage(container.SizeRw ?? 0, 0), logs);
            }
        }

        return storage;
    }

    public async Task CreateSandboxAsync(SandboxSpec spec, CancellationToken cancellationToken)
    {
        await CallAsync(token => _images.EnsureBuiltInAsync(BuiltInImages.Pause, token), RuntimeException.CreateSandbox, cancellationToken);

        await DetachAsync(spec.PodUid, cancellationToken);

        // Removes ended sandboxes. Their containers are removed with their restarts.
        foreach (var old in await ContainersOfAsync(spec.PodUid, cancellationToken))
        {
            if (ContainerTranslation.IsSandbox(old))
                await RemoveContainerAsync(old.ID, cancellationToken);
        }

        var cgroup = Open(spec.PodUid);
        await StartSandboxAsync(spec, cgroup, cancellationToken);
        if (_cgroups is { } cgroups && !cgroups.IsPopulated(spec.PodUid))
            ForgetCgroups("its containers are not in the cgroups of this machine");
    }

    private async Task StartSandboxAsync(SandboxSpec spec, string? cgroup, CancellationToken cancellationToken)
    {
        var isNetworked = !_network.IsUsed;
        if (!isNetworked && !spec.HostNetwork)
            _network.Require();
        var isProtected = _oom.OfSandboxes;
        var id = await CreateAsync(CreateParameters.OfSandbox(_owner, spec, cgroup, isProtected, isNetworked), RuntimeException.CreateSandbox, cancellationToken);
        try
        {
            await StartAsync(id, RuntimeException.CreateSandbox, cancellationToken);
            if (isProtected)
                _oom.NoteAccepted();
        }
        catch (RuntimeException exception) when (exception.InnerException is DockerApiException && isProtected)
        {
            // The negative OOM score may be the cause.
            await RemoveContainerAsync(id, cancellationToken);
            id = await CreateAsync(CreateParameters.OfSandbox(_owner, spec, cgroup, allowNegativeOom: false, isNetworked), RuntimeException.CreateSandbox, cancellationToken);
            await StartAsync(id, RuntimeException.CreateSandbox, cancellationToken);
            if (_oom.NoteRefused(exception.Message))
                LogRefusal();
        }

        if (!isNetworked && !spec.HostNetwork)
            await AttachAsync(id, spec, cancellationToken);
    }

    /// <summary>Attaches a sandbox to the pod network. One that cannot be attached is no sandbox, and the next attempt removes it.</summary>
    private async Task AttachAsync(string id, SandboxSpec spec, CancellationToken cancellationToken)
    {
        var process = (await InspectContainerAsync(id, cancellationToken)).State?.Pid ?? 0;
        using var entered = ContainerProcess.NetworkOf(process, id)
            ?? throw new RuntimeException(RuntimeException.CreateSandbox, "the sandbox has no network on this machine, or the daemon may not enter it");
        await _network.AttachAsync(id, spec, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/{process}/ns/net"), cancellationToken);
        _wasTouched = true;
    }

    public async Task StopSandboxAsync(string podUid, CancellationToken cancellationToken)
    {
        await DetachAsync(podUid, cancellationToken);
        foreach (var sandbox in (await ContainersOfAsync(podUid, cancellationToken)).Where(ContainerTranslation.IsSandbox))
            await SignalContainerAsync(sandbox.ID, ContainerSignal.Kill, cancellationToken);
    }

    private async Task DetachAsync(string podUid, CancellationToken cancellationToken)
    {
        using var sandboxes = _network.Hold(podUid);
        await sandboxes.DetachAsync(cancellationToken);
    }

    public async Task RemovePodAsync(string podUid, CancellationToken cancellationToken)
    {
        // What is made after its pod was removed would stay for ever.
        await _creations.EndAsync(podUid, DockerEngine.QuickTime, cancellationToken);

        // Nothing that plugins do may hold up the end of the pod, and they may need the namespace.
        using var sandboxes = _network.Hold(podUid);

        // Lets the kernel kill all processes of the pod at once; the engine would take its time for each of them.
        if (_cgroups is { } own)
            PodCgroups.Kill(own.PathOf(podUid));
        await sandboxes.DetachAsync(cancellationToken);

        // The sandbox goes last, so that a half-removed pod is still found.
        var containers = await ContainersOfAsync(podUid, cancellationToken);
        await Task.WhenAll(containers.Where(c => !ContainerTranslation.IsSandbox(c)).Select(c => RemoveContainerAsync(c.ID, cancellationToken)));
        await Task.WhenAll(containers.Where(ContainerTranslation.IsSandbox).Select(c => RemoveContainerAsync(c.ID, cancellationToken)));
        if (_cgroups is { } cgroups)
            await cgroups.RemoveAsync(podUid, _timeProvider, cancellationToken);
    }

    public Task<ImageResult> EnsureImageAsync(
        string image, ImagePullPolicy policy, Func<CancellationToken, Task<IReadOnlyList<RegistryCredential>>> credentials, CancellationToken cancellationToken) =>
        _images.EnsureAsync(image, policy, credentials, cancellationToken);

    public Task<ImageLayers> FindLayersAsync(string image, CancellationToken cancellationToken) =>
        _images.FindLayersAsync(image, cancellationToken);

    public async Task<IReadOnlyList<NodeImage>> ListImagesAsync(CancellationToken cancellationToken)
    {
        var containers = await DockerEngine.CallAsync(
            token => _client.Containers.ListContainersAsync(new ContainersListParameters { All = true }, token), DockerEngine.QuickTime, RuntimeException.Unavailable, cancellationToken);
        return await _images.ListAsync(containers.Select(container => container.ImageID).ToHashSet(StringComparer.Ordinal), cancellationToken);
    }

    public Task<bool> RemoveImageAsync(NodeImage image, CancellationToken cancellationToken) => _images.RemoveAsync(image, _requestTimeout, cancellationToken);

    public Task<string> CreateContainerAsync(PodSandbox sandbox, ContainerSpec spec, CancellationToken cancellationToken) =>
        CreateAsync(
            CreateParameters.OfContainer(_owner, sandbox, spec, Open(sandbox.PodUid), _oom.OfContainers), RuntimeException.CreateContainer, cancellationToken);

    public Task StartContainerAsync(string containerId, CancellationToken cancellationToken) =>
        StartAsync(containerId, RuntimeException.RunContainer, cancellationToken);

    public async Task UpdateContainerAsync(string containerId, CgroupResources resources, CancellationToken cancellationToken)
    {
        try
        {
            await CallAsync(
                token => _client.Containers.UpdateContainerAsync(containerId, CreateParameters.OfUpdate(resources), token), RuntimeException.RunContainer, cancellationToken);
        }
        finally
        {
            // Also a call that nobody waits for any more may have changed something.
            _inspected.TryRemove(containerId, out _);
        }
    }

    public async Task SignalContainerAsync(string containerId, ContainerSignal signal, CancellationToken cancellationToken)
    {
        try
        {
            var name = signal == ContainerSignal.Kill ? "SIGKILL" : await StopSignalAsync(containerId, cancellationToken);
            await DockerEngine.CallAsync(
                token => _client.Containers.KillContainerAsync(containerId, new ContainerKillParameters { Signal = name }, token),
                DockerEngine.QuickTime, RuntimeException.Unavailable, cancellationToken);
        }
        catch (RuntimeException exception) when (DockerErrors.CodeOf(exception) is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
        {
            // It has ended already.
        }
    }

    public async Task RemoveContainerAsync(string containerId, CancellationToken cancellationToken)
    {
        try
        {
            await CallAsync(
                token => _client.Containers.RemoveContainerAsync(containerId, new ContainerRemoveParameters { Force = true, RemoveVolumes = true }, token),
                RuntimeException.Unavailable, cancellationToken);
        }
        catch (RuntimeException exception) when (DockerErrors.CodeOf(exception) is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
        {
            // It is gone, or another caller is removing it.
        }

        _inspected.TryRemove(containerId, out _);
    }

    public Task CopyLogsAsync(string containerId, LogQuery query, Stream output, CancellationToken cancellationToken) =>
        DockerStreams.CopyLogsAsync(_client, containerId, query, output, cancellationToken);

    public Task<ExecResult> ExecAsync(string containerId, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken) =>
        _sessions.RunAsync(containerId, command, timeout, cancellationToken);

    public Task<IContainerSession> OpenExecAsync(string containerId, SessionRequest request, CancellationToken cancellationToken) =>
        _sessions.ExecAsync(containerId, request, cancellationToken);

    public Task<IContainerSession> OpenAttachAsync(string containerId, SessionRequest request, CancellationToken cancellationToken) =>
        _sessions.AttachAsync(containerId, request, cancellationToken);

    /// <summary>Removes a folder of this machine as root.</summary>
    /// <exception cref="RuntimeException">The engine refuses, or has not removed it in time.</exception>
    public Task RemoveFolderAsync(string folder, CancellationToken cancellationToken) => _folders.RemoveAsync(folder, cancellationToken);

    public async Task<Socket> ConnectAsync(string podUid, int port, CancellationToken cancellationToken)
    {
        var sandbox = (await ContainersOfAsync(podUid, cancellationToken)).Where(ContainerTranslation.IsSandbox).MaxBy(ContainerTranslation.AttemptOf)
            ?? throw new RuntimeException(RuntimeException.Unavailable, "the pod has no network");
        var process = (await InspectContainerAsync(sandbox.ID, cancellationToken)).State?.Pid ?? 0;
        using var network = ContainerProcess.NetworkOf(process, sandbox.ID);
        if (network is not null)
        {
            return await PodConnection.OpenAsync(
                $"inside namespace \"{sandbox.ID}\"", port, [IPAddress.Loopback, IPAddress.IPv6Loopback], network.CreateSocketAsync, cancellationToken);
        }

        // Without the right to enter the pod's network, or with an engine elsewhere, only the pod's address is left.
        return await PodConnection.OpenAsync(ContainerTranslation.ToSandbox(sandbox, [], _network).Ip, port, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _following;
        _client.Dispose();
        _stop.Dispose();
    }

    /// <summary>Reads the kernel's files, or asks the engine where they cannot be read.</summary>
    private async Task<ContainerUsage?> MeasureAsync(string podUid, string containerId, CancellationToken cancellationToken)
    {
        if (_cgroups is { } cgroups && CgroupUsage.Read(cgroups.RelativePathOf("docker", podUid, containerId)) is { } measured)
            return measured;
        try
        {
            return await DockerEngine.CallAsync(
                token => DockerStats.ReadAsync(_client, containerId, token), DockerEngine.QuickTime, RuntimeException.Unavailable, cancellationToken);
        }
        catch (RuntimeException)
        {
            // It has ended, or the engine hangs, which the node's status tells.
            return null;
        }
    }

    private async Task<IEnumerable<ContainerState>> ListStatesAsync(CancellationToken cancellationToken)
    {
        _wasTouched = false;
        var states = (await ListContainersAsync(cancellationToken)).Select(found => new ContainerState(found.Labels[ContainerLabels.PodUid], found.ID, found.State)).ToList();
        _running = [.. states.Where(container => container.State == "running")];
        return states;
    }

    private bool IsAtRest() =>
        !_wasTouched && _cgroups is { } cgroups && _running.TrueForAll(container => cgroups.Has("docker", container.PodUid, container.Id));

    private Task<IList<ContainerListResponse>> ListContainersAsync(CancellationToken cancellationToken) =>
        FindAsync([], cancellationToken);

    private Task<IList<ContainerListResponse>> ContainersOfAsync(string podUid, CancellationToken cancellationToken) =>
        FindAsync([$"{ContainerLabels.PodUid}={podUid}"], cancellationToken);

    /// <summary>Lists the containers of this node with the given labels.</summary>
    private async Task<IList<ContainerListResponse>> FindAsync(IReadOnlyCollection<string> labels, CancellationToken cancellationToken, bool withSize = false)
    {
        var found = new List<ContainerListResponse>();
        foreach (var own in ContainerLabels.Of(_owner))
        {
            var wanted = own.Select(label => $"{label.Key}={label.Value}").Concat(labels);
            var parameters = new ContainersListParameters
            {
                All = true,
                Size = withSize,
                Filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = wanted.ToDictionary(label => label, _ => true) },
            };
            found.AddRange(await DockerEngine.CallAsync(
                async token => ContainerTranslation.Verified(await _client.Containers.ListContainersAsync(parameters, token)),
                withSize ? _requestTimeout : DockerEngine.QuickTime, RuntimeException.Unavailable, cancellationToken));
        }

        return found;
    }

    private async Task<PodSandbox?> ToPodAsync(IList<ContainerListResponse> found, CancellationToken cancellationToken)
    {
        var instances = new List<ContainerInstance>();
        foreach (var container in found.Where(c => !ContainerTranslation.IsSandbox(c)))
        {
            if (await InspectContainerAsync(container, cancellationToken) is { } instance)
                instances.Add(instance);
        }

        if (found.Where(ContainerTranslation.IsSandbox).MaxBy(ContainerTranslation.AttemptOf) is { } sandbox)
            return ContainerTranslation.ToSandbox(sandbox, instances, _network);

        // Containers whose sandbox was removed by hand still belong to the pod, in a sandbox that is not ready.
        return found.FirstOrDefault() is { } orphan
            ? ContainerTranslation.ToSandbox(orphan, instances, _network) with { IsReady = false, Ip = null }
            : null;
    }

    /// <summary>Inspects a container only when its state has changed since the last time.</summary>
    private async Task<ContainerInstance?> InspectContainerAsync(ContainerListResponse container, CancellationToken cancellationToken)
    {
        if (_inspected.TryGetValue(container.ID, out var known) && known.State == container.State && container.State != "created")
            return known.Instance;
        try
        {
            var (state, instance) = await DockerEngine.CallAsync(
                async token => ContainerTranslation.ToInstance(await _client.Containers.InspectContainerAsync(container.ID, token)),
                DockerEngine.QuickTime, RuntimeException.Unavailable, cancellationToken);
            _inspected[container.ID] = (state, instance);
            return instance;
        }
        catch (RuntimeException exception) when (DockerErrors.CodeOf(exception) == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private Task<ContainerInspectResponse> InspectContainerAsync(string id, CancellationToken cancellationToken) => DockerEngine.CallAsync(
        token => _client.Containers.InspectContainerAsync(id, token), DockerEngine.QuickTime, RuntimeException.Unavailable, cancellationToken);

    private async Task<string> CreateAsync(CreateContainerParameters parameters, string reason, CancellationToken cancellationToken)
    {
        _wasTouched = true;
        var creation = DockerEngine.CallAsync(
            token => _client.Containers.CreateContainerAsync(parameters, token), _requestTimeout, reason, CancellationToken.None);
        return (await _creations.WaitAsync(parameters.Labels![ContainerLabels.PodUid], creation, cancellationToken)).ID;
    }

    private Task StartAsync(string id, string reason, CancellationToken cancellationToken) =>
        CallAsync(token => _client.Containers.StartContainerAsync(id, new ContainerStartParameters(), token), reason, cancellationToken);

    private async Task CallAsync(Func<CancellationToken, Task> call, string reason, CancellationToken cancellationToken)
    {
        try
        {
            await DockerEngine.CallAsync(call, _requestTimeout, reason, cancellationToken);
        }
        finally
        {
            _wasTouched = true;
        }
    }

    /// <summary>Allows processes in the pod's cgroup, and returns the engine's name of it; null without cgroups.</summary>
    private string? Open(string podUid)
    {
        if (_cgroups is not { } cgroups)
            return null;
        cgroups.Open(podUid);
        return cgroups.ParentOf(podUid);
    }

    private void FindCgroups(string driver, CgroupLimits limits)
    {
        _cgroups = PodCgroups.Find(driver == "systemd", limits, out var fault);
        if (_cgroups is null)
            LogUnguarded(fault);
    }

    private void ForgetCgroups(string why)
    {
        _cgroups = null;
        LogUnguarded(why);
    }

    private async Task LearnFromEarlierRunAsync(CancellationToken cancellationToken)
    {
        var sandboxes = (await ListContainersAsync(cancellationToken)).Where(ContainerTranslation.IsSandbox).ToList();
        foreach (var sandbox in sandboxes)
        {
            var details = await InspectContainerAsync(sandbox.ID, cancellationToken);
            if (details.HostConfig is { OomScoreAdj: < 0 })
                return;
        }

        if (sandboxes.Count > 0)
            _oom.NoteNoneBefore();
    }

    private async Task<string> StopSignalAsync(string containerId, CancellationToken cancellationToken)
    {
        var details = await InspectContainerAsync(containerId, cancellationToken);
        return details.Config?.StopSignal is { Length: > 0 } named ? named : "SIGTERM";
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The containers of this engine cannot be guarded: {Reason}. Only the daemon, through the engine, stops pods that the control plane may run elsewhere")]
    private partial void LogUnguarded(string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The Docker engine refuses negative OOM scores; containers start without")]
    private partial void LogRefusal();
}
