using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Events;
using OrleansOrchestrator.Node.Probes;
using OrleansOrchestrator.Node.Status;

namespace OrleansOrchestrator.Node.Pods;

/// <summary>Brings one pod to where the API wants it, one step at a time, and reports where it is.</summary>
/// <remarks>
/// Level-triggered: every step looks at the pod and at the runtime anew, asks <see cref="PodPlanner"/> what to do,
/// does it, and ends. What a step needs beyond that is in <see cref="PodMemory"/> and may be lost at any time.
/// </remarks>
internal sealed partial class PodWorker : IAsyncDisposable
{
    private static readonly Backoff LoopBackoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));

    private readonly PodServices _services;
    private readonly ILogger _logger;
    private readonly Action<PodWorker> _ended;
    private readonly PodMemory _memory;
    private readonly PodActuator _actuator;
    private readonly PodProbes _probes;
    private readonly PodStatusWriter _writer;
    private readonly SupervisedLoop _loop;
    private readonly RetryDelay _apiDelay = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(5), Random.Shared);
    private volatile V1Pod? _pod;
    private CancellationTokenSource _pull = new();
    private bool _isFinished;

    /// <param name="uid">The pod's uid.</param>
    /// <param name="pod">The pod, or null to remove what the runtime still has of it.</param>
    /// <param name="services">What all workers share.</param>
    /// <param name="ended">Called once when nothing of the pod is left.</param>
    public PodWorker(string uid, V1Pod? pod, PodServices services, Action<PodWorker> ended)
    {
        Uid = uid;
        _pod = pod;
        _services = services;
        _ended = ended;
        _logger = services.Logger;
        _memory = new PodMemory(services.Options.RestartDelay, services.Options.RestartDelayMax);
        _writer = new PodStatusWriter(services.Api);
        _actuator = new PodActuator(services, _memory);
        _loop = new SupervisedLoop("pod worker", StepAsync, services.TimeProvider, services.Logger, LoopBackoff);
        _probes = new PodProbes(services.Probes, services.TimeProvider, _loop.Signal);
    }

    public string Uid { get; }

    /// <summary>The pod as the API last showed it, or null if it is gone there.</summary>
    public V1Pod? Pod => _pod;

    /// <summary>The status as this worker last reported it, or null.</summary>
    public V1PodStatus? Reported => _writer.Reported;

    public void Update(V1Pod pod)
    {
        var isEnding = pod.Metadata.DeletionTimestamp is not null && _pod?.Metadata.DeletionTimestamp is null;
        _pod = pod;
        if (isEnding)
            InterruptPull();
        _loop.Signal();
    }

    /// <summary>The pod is gone from the API: everything of it is removed at once, and the worker ends.</summary>
    public void Forget()
    {
        _pod = null;
        InterruptPull();
        _loop.Signal();
    }

    public void Signal() => _loop.Signal();

    public async ValueTask DisposeAsync()
    {
        InterruptPull();
        await _loop.DisposeAsync();
        await _probes.DisposeAsync();
    }

    /// <summary>A step that fails is tried again by the loop; here the pod is told.</summary>
    private async Task<TimeSpan?> StepAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await LookAndActAsync(cancellationToken);
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
        if (_pod is not { } pod)
        {
            await EndAsync(cancellationToken);
            return null;
        }

        if (_isFinished)
            return null;

        var sandbox = await _services.Runtime.InspectAsync(Uid, cancellationToken);
        await _probes.SyncAsync(pod, sandbox, _services.HostAddress, (container, message) =>
            _services.Events.Record(pod, container, EventType.Warning, "Unhealthy", message));
        var view = _memory.View(WithReported(pod), sandbox, _probes.Health, IsFenced(pod), _services.TimeProvider.GetUtcNow());
        var plan = PodPlanner.Plan(view);
        try
        {
            if (plan.Finish)
            {
                await FinishAsync(view, cancellationToken);
                return null;
            }

            if (!plan.HasActions)
                return await RestAsync(view, plan, cancellationToken);
            if (plan.CreateSandbox && !_services.Runtime.StartsInstantly)
                await ReportAsync(view, cancellationToken);
        }
        catch (Exception exception) when (Reflector<V1Pod>.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
        {
            // The pod goes on without the API; only what is reported waits.
            LogUnreported(pod.Metadata.NamespaceProperty, pod.Metadata.Name, exception.Message);
            if (!plan.HasActions || plan.Finish)
                return Earlier(_apiDelay.Next((exception as ApiException)?.RetryAfter), plan.WakeAt, view.Now);
        }

        await ActAsync(view, plan, cancellationToken);
        return TimeSpan.Zero;
    }

    private async Task<TimeSpan?> RestAsync(PodView view, PodPlan plan, CancellationToken cancellationToken)
    {
        await ReportAsync(view, cancellationToken);
        _apiDelay.Reset();
        return Earlier(await _actuator.RefreshVolumesAsync(view, cancellationToken), plan.WakeAt, view.Now);
    }

    private async Task ActAsync(PodView view, PodPlan plan, CancellationToken cancellationToken)
    {
        using var interruptible = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Volatile.Read(ref _pull).Token);
        try
        {
            await _actuator.ApplyAsync(view, plan, failed => ReportAsync(failed, interruptible.Token), interruptible.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The pod is to end; the next step sees it.
        }
    }

    private async Task ReportAsync(PodView view, CancellationToken cancellationToken)
    {
        var status = PodStatusBuilder.Build(view, _services.HostAddress, _services.Runtime.Scheme);
        await _writer.WriteAsync(view.Pod, status, cancellationToken);
    }

    /// <summary>Reports how the containers ended, removes them, then the object: in this order, so that nothing is lost in between.</summary>
    private async Task FinishAsync(PodView view, CancellationToken cancellationToken)
    {
        await ReportAsync(view, cancellationToken);
        await RemoveAsync(cancellationToken);
        try
        {
            await _services.Api.DeleteAsync(
                ResourcePath.Pod(view.Pod.Metadata.NamespaceProperty, view.Pod.Metadata.Name),
                new V1DeleteOptions { GracePeriodSeconds = 0, Preconditions = new V1Preconditions { Uid = Uid } },
                cancellationToken);
        }
        catch (ApiException exception) when (exception.IsNotFound || exception.IsConflict)
        {
            // It is gone already; the watch says so too.
        }

        _isFinished = true;
    }

    private async Task EndAsync(CancellationToken cancellationToken)
    {
        await RemoveAsync(cancellationToken);
        _loop.Stop();
        _ended(this);
    }

    private async Task RemoveAsync(CancellationToken cancellationToken)
    {
        await _probes.DisposeAsync();
        await _services.Runtime.RemovePodAsync(Uid, cancellationToken);
        var directory = _services.DirectoryOf(Uid);
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
    }

    /// <summary>The pod with what this worker reported last, because its own report is newer than the watch.</summary>
    private V1Pod WithReported(V1Pod pod) => _writer.Reported is not { } own ? pod : pod with
    {
        Status = own with
        {
            QosClass = pod.Status?.QosClass,
            Conditions =
            [
                .. own.Conditions,
                .. (pod.Status?.Conditions ?? []).Where(theirs => own.Conditions.All(ours => ours.Type != theirs.Type)),
            ],
        },
    };

    private bool IsFenced(V1Pod pod) =>
        _services.Fencing.FenceAfter(pod) is { } limit && _services.Lease.ObservedRemaining(limit) <= TimeSpan.Zero;

    private void InterruptPull()
    {
        using var current = Interlocked.Exchange(ref _pull, new CancellationTokenSource());
        current.Cancel();
    }

    private static TimeSpan? Earlier(TimeSpan? delay, DateTimeOffset? wakeAt, DateTimeOffset now)
    {
        var other = wakeAt - now;
        return delay is null ? other : other is null || delay < other ? delay : other;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The status of pod {Namespace}/{Name} could not be reported: {Reason}")]
    private partial void LogUnreported(string @namespace, string name, string reason);
}
