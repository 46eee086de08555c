using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Events;
using OrleansOrchestrator.Node.Hooks;
using OrleansOrchestrator.Node.Planning;
using OrleansOrchestrator.Node.Probes;
using OrleansOrchestrator.Node.Resizing;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Sources;
using OrleansOrchestrator.Node.Status;

namespace OrleansOrchestrator.Node.Pods;

/// <summary>Brings one pod to its desired state, one step at a time, and reports its status.</summary>
/// <remarks>
/// Level-triggered: every step reads the pod and the runtime anew, asks <see cref="PodPlanner"/> what to do, and does it. Anything else
/// that a step needs is in <see cref="PodMemory"/> and may be lost at any time.
/// </remarks>
internal sealed partial class PodWorker : IAsyncDisposable
{
    // The runtime or the API failed: few attempts, and soon back after the fault.
    private static readonly Backoff LoopBackoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));

    // How often a fenced pod asks for its confirmation, so that it is back within a second of the control plane.
    private static readonly TimeSpan ConfirmInterval = TimeSpan.FromSeconds(1);

    // How often the files of a pod that is gone are tried again. An operator may have to change something on the machine first.
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);

    private readonly PodServices _services;
    private readonly ILogger _logger;
    private readonly Action<PodWorker> _ended;
    private readonly PodMemory _memory;
    private readonly PodActuator _actuator;
    private readonly PodResizer _resizer;
    private readonly PodProbes _probes;
    private readonly PodHooks _hooks;
    private readonly TerminationMessages _messages;
    private readonly IPodStatusWriter _writer;
    private readonly SupervisedLoop _loop;
    private readonly Dictionary<string, string> _toldOf = new(StringComparer.Ordinal);
    private readonly RetryDelay _apiDelay = new(ApiServers.Retries, Random.Shared);
    private volatile V1Pod? _pod;
    private CancellationTokenSource _interrupt = new();
    private volatile bool _isFenced;
    private volatile PodEnding? _eviction;
    private volatile bool _isReclaimed;
    private bool _isFinished;
    private int? _lapsesConfirmed;

    /// <param name="uid">The pod's uid.</param>
    /// <param name="pod">The pod; null to remove what the runtime still has of it.</param>
    /// <param name="refusal">Why the node rejects the pod; null if it has taken it.</param>
    /// <param name="source">Where the pod comes from.</param>
    /// <param name="services">The services that all workers share.</param>
    /// <param name="ended">Called once when nothing of the pod is left.</param>
    public PodWorker(string uid, V1Pod? pod, PodFailure? refusal, IPodSource source, PodServices services, Action<PodWorker> ended)
    {
        Uid = uid;
        Source = source;
        _pod = pod;
        _services = services;
        _ended = ended;
        _logger = services.Logger;
        _memory = new PodMemory(services.Options.RestartDelay, services.Options.RestartDelayMax) { Refusal = refusal };
        _writer = source.OpenStatus(uid);
        _loop = new SupervisedLoop("pod worker", StepAsync, services.TimeProvider, services.Logger, LoopBackoff);
        _probes = new PodProbes(services.Probes, services.TimeProvider, _loop.Signal);
        _hooks = new PodHooks(services.Hooks, _loop.Signal);
        _resizer = new PodResizer(
            uid, services.Admitted, services.Runtime, services.Events, services.Runtime.StartsInstantly ? null : services.DirectoryOf(uid), services.Logger);
        _actuator = new PodActuator(source, services, _memory, _hooks, _resizer);
        _messages = new TerminationMessages(services.Runtime, services.DirectoryOf(uid));
    }

    public string Uid { get; }

    /// <summary>Where the pod comes from.</summary>
    public IPodSource Source { get; }

    /// <summary>The pod as its source last showed it; null if it is gone there.</summary>
    public V1Pod? Pod => _pod;

    /// <summary>The last status that this worker reported, or null.</summary>
    public V1PodStatus? Reported => _writer.Reported;

    /// <summary>The pod in the runtime when this worker last looked, or null.</summary>
    public PodSandbox? Seen { get; private set; }

    /// <summary>The paths of the pod's volumes by name; null until they are prepared.</summary>
    public IReadOnlyDictionary<string, string>? Volumes => _memory.Volumes;

    /// <summary>How the pod's probes went.</summary>
    public IReadOnlyList<ProbeStatistics> Probes => _probes.Statistics;

    public void Update(V1Pod pod)
    {
        var isEnding = pod.Metadata.DeletionTimestamp is not null && _pod?.Metadata.DeletionTimestamp is null;

        // The guard first: a report of this generation says that the node acts by it.
        _services.Guard.Set(Uid, Source.StopAfter(pod));
        _pod = pod;
        if (pod.IsTerminal)
            _services.Admitted.Release(Uid);
        if (isEnding)
            Interrupt();
        _loop.Signal();
    }

    /// <summary>Removes everything of a pod that is gone from its source, and ends the worker.</summary>
    public void Forget()
    {
        _pod = null;
        _services.Admitted.Release(Uid);
        Interrupt();
        _loop.Signal();
    }

    /// <summary>Checks whether the pod may run. A step in progress stops if it may not any more.</summary>
    public void Fence()
    {
        var wasFenced = _isFenced;
        _isFenced = _services.Guard.IsFenced(Uid);
        if (_isFenced && !wasFenced)
            Interrupt();
        _loop.Signal();
    }

    public void Signal() => _loop.Signal();

    /// <summary>Ends the pod if its turn has come, because the machine goes down.</summary>
    public void ShutDown()
    {
        if (_pod is { } pod && _services.Shutdown.EndingOf(pod) is not null)
            Interrupt();
        _loop.Signal();
    }

    /// <summary>Ends the pod, because the node lacks something or the pod has used more than it may.</summary>
    public void Evict(PodEnding ending)
    {
        _eviction = ending;
        Interrupt();
        _loop.Signal();
    }

    /// <summary>Removes what the node has of the pod once the pod has ended, and leaves its object.</summary>
    public void Reclaim()
    {
        _isReclaimed = true;
        _loop.Signal();
    }

    /// <summary>Whether the node ends the pod by <see cref="Evict"/>.</summary>
    public bool IsEvicted => _eviction is not null;

    /// <summary>Whether the node must not run the pod now, because it is without the control plane.</summary>
    public bool IsFenced => _services.Guard.IsFenced(Uid);

    /// <summary>Whether the pod has ended for good, and the API knows.</summary>
    public bool HasEnded => _isFinished || PodPhase.IsTerminal(Reported?.Phase);

    public async ValueTask DisposeAsync()
    {
        Interrupt();
        await _loop.DisposeAsync();
        await _probes.DisposeAsync();
        await _hooks.DisposeAsync();
    }

    /// <summary>Runs one step. The loop retries a failed step; the failure is reported on the pod here.</summary>
    private async Task<TimeSpan?> StepAsync(CancellationToken cancellationToken)
    {
        using var interruptible = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Volatile.Read(ref _interrupt).Token);
        var operation = _pod is not { } seen ? "terminated" : seen.Metadata.DeletionTimestamp is null ? "sync" : "terminating";
        var began = _services.TimeProvider.GetTimestamp();
        try
        {
            var wait = await LookAndActAsync(interruptible.Token);
            _services.Instruments.Synced(operation, _services.TimeProvider.GetElapsedTime(began));
            return wait;
        }
        catch (Exception exception) when (
            interruptible.IsCancellationRequested && !cancellationToken.IsCancellationRequested && ApiFailure.IsTransient(exception))
        {
            // Urgent news has arrived; the next step handles it.
            return TimeSpan.Zero;
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            LoopInstruments.ObjectFailed("pod worker");
            if (_pod is { } pod)
                _services.Events.Record(pod, null, EventType.Warning, "FailedSync", $"Error syncing pod: {fault.Message}");
            throw;
        }
    }

    private async Task<TimeSpan?> LookAndActAsync(CancellationToken cancellationToken)
    {
        if (_pod is not { } asked)
            return await EndAsync(cancellationToken);

        if (_isFinished)
            return null;
        var (pod, resize) = _resizer.Allocate(asked);

        var sandbox = await _services.Runtime.InspectAsync(Uid, cancellationToken);
        if (sandbox is not null)
            sandbox = await _messages.AddAsync(pod, sandbox, cancellationToken);
        Seen = sandbox;
        await _hooks.SyncAsync([.. sandbox?.Running.Select(container => container.Id) ?? []]);
        var isEnding = pod.Metadata.DeletionTimestamp is not null || pod.IsTerminal || _memory.HasFailed;
        await _probes.SyncAsync(pod, sandbox, isEnding, _services.HostAddress, (container, reason, message) =>
            _services.Events.Record(pod, container, EventType.Warning, reason, message));
        var isFenced = await IsFencedAsync(pod, sandbox is not null, cancellationToken);
        var view = _memory.View(
            WithReported(pod), sandbox, _probes.Health, isFenced, _services.Steady.GetUtcNow(), _services.TimeProvider.GetUtcNow()) with
        {
            EndedHooks = _hooks.Ended,
            IsShuttingDown = _services.Shutdown.IsBegun,
            Ending = _services.Shutdown.EndingOf(pod) ?? _eviction,
            IsReclaimed = _isReclaimed,
            Resize = resize,
        };
        _resizer.Note(pod, ContainerResize.IsInProgress(view));
        var plan = PodPlanner.Plan(view);
        var fault = plan.Starts.Count > 0 || plan.CreateSandbox ? FaultOfGuard() : null;
        if (fault is not null)
            plan = plan with { CreateSandbox = false, Starts = [] };
        try
        {
            if (plan.Finish)
            {
                await FinishAsync(view, cancellationToken);
                return null;
            }

            if (plan.Reclaim)
            {
                await ReclaimAsync(view, cancellationToken);
                return TimeSpan.Zero;
            }

            if (!plan.HasActions && fault is null)
                return Sooner(await RestAsync(view, plan, cancellationToken), isFenced ? ConfirmInterval : null);
            if (plan.Updates.Count > 0)
                await ReportAsync(view, cancellationToken);
            if (plan.CreateSandbox && !_services.Runtime.StartsInstantly && !await ReportAsync(view, cancellationToken))
                return null;
        }
        catch (Exception exception) when (ApiFailure.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
        {
            // The pod goes on without the API; only the report waits.
            LogUnreported(pod.Metadata.NamespaceProperty, pod.Metadata.Name, exception.Message);
            if (!plan.HasActions || plan.Finish || plan.Reclaim || (plan.CreateSandbox && _writer.Reported is null))
                return Earlier(_apiDelay.Next((exception as ApiException)?.RetryAfter), plan.WakeAt, view.Now);
        }

        await _actuator.ApplyAsync(view, plan, failed => TryReportAsync(failed, cancellationToken), cancellationToken);
        return fault is null ? TimeSpan.Zero : throw new RuntimeException(RuntimeException.Unavailable, fault);
    }

    /// <summary>Why no process of the pod may start: no guard would end it in time. Null if one would.</summary>
    private string? FaultOfGuard()
    {
        if (_services.Guard.IsGuarded(Uid))
            return null;
        _services.Guard.Feed();
        return _services.Guard.IsGuarded(Uid) ? null : _services.Guard.Fault ?? "the guard of the node's pods does not know the pod yet";
    }

    private async Task<TimeSpan?> RestAsync(PodView view, PodPlan plan, CancellationToken cancellationToken)
    {
        await ReportAsync(view, cancellationToken);
        _apiDelay.Reset();
        return Earlier(await _actuator.RefreshVolumesAsync(view, cancellationToken), plan.WakeAt, view.Now);
    }

    /// <summary>Reports how the pod ended, and removes what the node has of it. The node is short of what it holds, so that the removal does
    /// not wait for an API that is away: the report is kept until it is back.</summary>
    private async Task ReclaimAsync(PodView view, CancellationToken cancellationToken)
    {
        _writer.Keep(StatusOf(view));
        await TryReportAsync(view, cancellationToken);
        await _services.Remover.RemoveAsync(Uid, cancellationToken);
        Seen = null;
    }

    /// <summary>The pod's status. The node has not seen what its guard does not act by, nor a limit that is over already: nobody may count
    /// on the pod's end before it has had the time to end.</summary>
    private V1PodStatus StatusOf(PodView view)
    {
        var status = PodStatusBuilder.Build(view, _services.HostAddress, _services.Runtime.Scheme);
        return _services.Guard.IsGuarded(Uid) && !_services.Guard.IsFenced(Uid) ? status : status with { ObservedGeneration = (Reported ?? view.Pod.Status)?.ObservedGeneration };
    }

    /// <returns>False if the pod is gone.</returns>
    private Task<bool> ReportAsync(PodView view, CancellationToken cancellationToken)
    {
        var status = StatusOf(view);
        if (PodPhase.IsTerminal(status.Phase))
            _services.Admitted.Release(Uid);
        TellOfBackOffs(view.Pod, status);
        return _writer.WriteAsync(view.Pod, status, cancellationToken);
    }

    /// <summary>Reports a status on the way. While the API is away, the next report says the rest.</summary>
    private async Task TryReportAsync(PodView view, CancellationToken cancellationToken)
    {
        try
        {
            await ReportAsync(view, cancellationToken);
        }
        catch (Exception exception) when (ApiFailure.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
        {
            LogUnreported(view.Pod.Metadata.NamespaceProperty, view.Pod.Metadata.Name, exception.Message);
        }
    }

    /// <summary>Records an event for each run of a container whose restart waits.</summary>
    private void TellOfBackOffs(V1Pod pod, V1PodStatus status)
    {
        foreach (var container in (status.InitContainerStatuses ?? []).Concat(status.ContainerStatuses))
        {
            if (container.State.Waiting is not { Reason: "CrashLoopBackOff" } || _toldOf.GetValueOrDefault(container.Name) == container.ContainerID)
                continue;
            _toldOf[container.Name] = container.ContainerID;
            _services.Events.Record(
                pod, container.Name, EventType.Warning, "BackOff",
                $"Back-off restarting failed container {container.Name} in pod {pod.Metadata.Name}_{pod.Metadata.NamespaceProperty}({pod.Metadata.Uid})");
        }
    }

    /// <summary>Reports how the containers ended, removes them, and then the object. In this order a crash in between loses
    /// nothing.</summary>
    private async Task FinishAsync(PodView view, CancellationToken cancellationToken)
    {
        await ReportAsync(view, cancellationToken);
        if (await RemoveAsync(cancellationToken) is { } left)
            _services.Events.Record(view.Pod, null, EventType.Warning, "FailedKillPod", $"error killing pod: its files on the node are left: {left}");
        _services.Admitted.Release(Uid);
        await Source.RemoveAsync(view.Pod, cancellationToken);
        _isFinished = true;
    }

    /// <returns>The wait until what is left of the pod's files is tried again.</returns>
    private async Task<TimeSpan?> EndAsync(CancellationToken cancellationToken)
    {
        if (await RemoveAsync(cancellationToken) is { } left)
        {
            LogFilesLeft(_services.DirectoryOf(Uid), left);
            return SweepInterval;
        }

        _loop.Stop();
        _ended(this);
        return null;
    }

    private async Task<string?> RemoveAsync(CancellationToken cancellationToken)
    {
        await _probes.DisposeAsync();
        await _hooks.DisposeAsync();
        var left = await _services.Remover.RemoveAsync(Uid, cancellationToken);
        Seen = null;
        return left;
    }

    /// <summary>The pod with this worker's last report, which is newer than the watch. What somebody else has ended stays ended.</summary>
    private V1Pod WithReported(V1Pod pod) => (_writer.Kept ?? _writer.Reported) is not { } own ? pod : pod with
    {
        Status = own with
        {
            Phase = pod.IsTerminal ? pod.Status.Phase : own.Phase,
            QosClass = pod.Status?.QosClass,
            Conditions =
            [
                .. own.Conditions,
                .. (pod.Status?.Conditions ?? []).Where(theirs => own.Conditions.All(ours => ours.Type != theirs.Type)),
            ],
        },
    };

    /// <summary>
    /// Whether the pod must not run: its time is over, or was during an outage, and the control plane has not confirmed since that the
    /// pod still belongs to this node.
    /// </summary>
    /// <remarks>A pod that is new to this node was read from the control plane, and is reported before it is started.</remarks>
    private async Task<bool> IsFencedAsync(V1Pod pod, bool runs, CancellationToken cancellationToken)
    {
        if (Source.StopAfter(pod) is not { } limit)
            return false;
        var lapses = _services.Lease.Lapses;
        _lapsesConfirmed ??= runs ? 0 : lapses;
        if (_services.Guard.IsFenced(Uid))
            return true;
        if (_services.Lease.HasLapsed(_lapsesConfirmed.Value, limit))
        {
            if (!await ConfirmAsync(pod, cancellationToken))
                return true;
            _lapsesConfirmed = lapses;
        }

        return _services.Guard.IsFenced(Uid) || _services.Lease.HasLapsed(_lapsesConfirmed.Value, limit);
    }

    private async Task<bool> ConfirmAsync(V1Pod pod, CancellationToken cancellationToken)
    {
        try
        {
            await Source.ConfirmAsync(pod, cancellationToken);
            return true;
        }
        catch (Exception exception) when (ApiFailure.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
        {
            LogUnreported(pod.Metadata.NamespaceProperty, pod.Metadata.Name, exception.Message);
            return false;
        }
    }

    private static TimeSpan? Sooner(TimeSpan? delay, TimeSpan? other) => delay is null || other < delay ? other ?? delay : delay;

    // A step may be about to read the token of a source that is replaced, so that nobody disposes of it; it holds nothing.
    private void Interrupt() => Interlocked.Exchange(ref _interrupt, new CancellationTokenSource()).Cancel();

    private static TimeSpan? Earlier(TimeSpan? delay, DateTimeOffset? wakeAt, DateTimeOffset now)
    {
        var other = wakeAt - now;
        return delay is null ? other : other is null || delay < other ? delay : other;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The files of a pod that is gone are left in {Folder}: {Reason}")]
    private partial void LogFilesLeft(string folder, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The status of pod {Namespace}/{Name} could not be reported: {Reason}")]
    private partial void LogUnreported(string @namespace, string name, string reason);
}
