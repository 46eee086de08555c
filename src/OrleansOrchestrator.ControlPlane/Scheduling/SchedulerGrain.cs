using System.Diagnostics;
using k8s.Models;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using OrleansOrchestrator.ControlPlane.Events;
using OrleansOrchestrator.ControlPlane.Grains;
using OrleansOrchestrator.ControlPlane.Telemetry;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Scheduling.Bindings;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Placements;
using OrleansOrchestrator.Scheduling.Pods;
using OrleansOrchestrator.Scheduling.Queueing;
using OrleansOrchestrator.Scheduling.Telemetry;

namespace OrleansOrchestrator.ControlPlane.Scheduling;

/// <inheritdoc cref="ISchedulerGrain"/>
/// <remarks>
/// Follows nodes, pods, namespaces and the resources that plugins declare into a <see cref="SchedulerCache"/>. It takes batches of pods
/// from the queue, asks the scheduler of each pod's profile, assumes the placements, and commits in one call all bindings that are ready
/// (<see cref="PendingBindings"/>). The store refuses bindings that lost a race, and only those are retried: two schedulers at once are
/// slow but never wrong.
/// </remarks>
[Reentrant]
[KeepAlive]
[PreferLocalPlacement]
internal sealed partial class SchedulerGrain(
    PlacementWriter writer, Reflector follower, ObjectFaults faults, WatchCaches caches, ResourceRegistry registry, SchedulerOptions options,
    PluginRegistry plugins, TimeProvider time, ILogger<SchedulerGrain> logger) : LoopingGrain, ISchedulerGrain
{
    /// <summary>The key of the grain.</summary>
    public const string Key = "cluster";

    private const string LoopName = "scheduler";

    private readonly SchedulerCache _cluster = new(plugins.Inputs);
    private readonly SemaphoreSlim _bindings = new(options.BindingsInFlightMax);
    private readonly HashSet<ResourceName> _begun = [];

    private IReadOnlyDictionary<string, Scheduler> _schedulers = null!;
    private SchedulingQueue _queue = null!;
    private PodTracker _pods = null!;
    private PendingBindings _pending = null!;
    private SupervisedLoop _loop = null!;
    private ulong _attempts;

    protected override IEnumerable<Task> StartLoops()
    {
        _schedulers = Scheduler.CreateAll(_cluster, options, plugins);
        _queue = new SchedulingQueue(options.Queue, new QueueingHints(_cluster, _schedulers));
        _pods = new PodTracker(_cluster, _queue);
        _pending = new PendingBindings(_schedulers, _queue, _pods, options.PreBindsInFlightMax);
        _loop = new SupervisedLoop(LoopName, ScheduleAsync, time, logger);
        return
        [
            .. plugins.Inputs.Objects.Select(input => FollowAsync(input.Resource, @event => NoteObject(input, @event))),
            FollowAsync(WellKnownResources.Namespaces, NoteNamespace),
            FollowAsync(WellKnownResources.Nodes, NoteNode),
            FollowAsync(WellKnownResources.Pods, NotePod),
            RunAsync(),
        ];
    }

    private async Task RunAsync()
    {
        using var shown = SchedulerInstruments.Show(_queue.Pending);
        await _loop.RunAsync(Stopping);
    }

    /// <summary>Follows a resource. After a gap in its events the grain deactivates, and the next activation reads the whole
    /// cluster.</summary>
    private Task FollowAsync(ResourceName resource, Action<WatchEvent> note) => follower.FollowAsync(
        caches[registry[resource]],
        () =>
        {
            if (_begun.Add(resource))
                return;
            LogStartsOver(resource);
            DeactivateOnIdle();
        },
        events =>
        {
            foreach (var @event in events)
            {
                if (@event.Object is { } obj)
                    faults.Try(LoopName, obj, _ => note(@event));
            }

            _loop.Signal();
            return Task.CompletedTask;
        },
        Stopping);

    private void NoteNamespace(WatchEvent @event)
    {
        if (@event.Type == WatchEventType.Deleted)
            _cluster.RemoveNamespace(@event.Object!.Key.Name);
        else
            _queue.Move(_cluster.SetNamespace(@event.Object!.SharedModel<V1Namespace>()), time.GetUtcNow());
    }

    private void NoteNode(WatchEvent @event) => _queue.Move(
        @event.Type == WatchEventType.Deleted
            ? _cluster.RemoveNode(@event.Object!.Key.Name)
            : _cluster.SetNode(@event.Object!.SharedModel<V1Node>()),
        time.GetUtcNow());

    private void NoteObject(ObjectInput input, WatchEvent @event)
    {
        _queue.Move(
            @event.Type == WatchEventType.Deleted
                ? _cluster.RemoveObject(input, @event.Object!.Key)
                : _cluster.SetObject(input, @event.Object!.Key, @event.Object.SharedModel()),
            time.GetUtcNow());
        _pending.NoteObjectChanged(time.GetUtcNow());
    }

    private void NotePod(WatchEvent @event)
    {
        if (@event.Type == WatchEventType.Deleted)
        {
            _pods.Remove(@event.Object!.Uid, time.GetUtcNow());
            _pending.NotePodChanged(@event.Object.Uid, time.GetUtcNow());
            return;
        }

        // A pod that is neither on a node nor for one of the profiles has no influence: nothing else of it is read.
        if (@event.Object!.Field("spec.nodeName") is null or "" && !_schedulers.ContainsKey(@event.Object.Field("spec.schedulerName") ?? ""))
            return;
        if (Read(@event.Object) is { } pod && !_pods.Set(pod, time.GetUtcNow()))
            LogQueueFull(pod.ToString());
        _pending.NotePodChanged(@event.Object.Uid, time.GetUtcNow());
    }

    /// <summary>Reads a pod. An unreadable pod is ignored and reported, and the others go on.</summary>
    private PodInfo? Read(StoredObject obj)
    {
        try
        {
            return PodInfo.From(obj.SharedModel<V1Pod>(), plugins.Inputs.Pods);
        }
        catch (Exception fault)
        {
            _pods.Remove(obj.Uid, time.GetUtcNow());
            ReportNotJudged(obj.Key, obj.Uid, obj.Field("spec.schedulerName"), fault);
            return null;
        }
    }

    /// <summary>Places the next pods. Their bindings follow in the background.</summary>
    private async Task<TimeSpan?> ScheduleAsync(CancellationToken cancellationToken)
    {
        await _bindings.WaitAsync(cancellationToken);
        var tried = PlaceNext();
        while (_pending.TakeWrites(time.GetUtcNow()) is { } preparation)
            _ = PrepareAsync(preparation);
        var ready = _pending.TakeReady(options.BatchPodsMax, time.GetUtcNow());
        NoteFailed();
        if (ready.Count > 0)
            _ = BindAsync(ready);
        else
            _bindings.Release();
        return tried > 0 || _pending.HasReady ? TimeSpan.Zero : Earlier(_queue.NextWake, _pending.NextLook) - time.GetUtcNow();
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) => one is null || other < one ? other : one;

    /// <summary>Tries the next pods, up to the bounds of a batch.</summary>
    /// <returns>The number of pods tried.</returns>
    private int PlaceNext()
    {
        var began = time.GetTimestamp();
        var spent = TimeSpan.Zero;
        var tried = 0;
        while (tried < options.BatchPodsMax && spent < options.BatchTimeMax && _queue.Pop(1, time.GetUtcNow()) is [var pod])
        {
            Place(pod);
            tried++;
            var elapsed = time.GetElapsedTime(began);
            _queue.Charge(pod, elapsed - spent);
            spent = elapsed;
        }

        return tried;
    }

    private void Place(QueuedPod queued)
    {
        var pod = queued.Info;
        var began = time.GetTimestamp();
        var attempt = ControlPlaneActivities.StartRoot(ControlPlaneActivities.Schedule)?
            .SetTag("scheduler", pod.SchedulerName).SetTag("namespace", pod.Namespace).SetTag("pod", pod.Name);
        var isPlaced = false;
        try
        {
            isPlaced = Decide(queued, began);
        }
        catch (Exception exception)
        {
            // A pod that cannot be judged must not keep the others from their nodes.
            attempt?.SetStatus(ActivityStatusCode.Error);
            _pods.TakeBack(pod, time.GetUtcNow());
            SchedulerInstruments.Attempted(pod.SchedulerName, AttemptResult.Error, time.GetElapsedTime(began));
            ReportNotJudged(KeyOf(pod), pod.Uid, pod.SchedulerName, exception);
        }
        finally
        {
            // The attempt of a placed pod ends with its binding.
            Activity.Current = null;
            if (!isPlaced)
                attempt?.Dispose();
        }
    }

    private void ReportNotJudged(ObjectKey key, string uid, string? scheduler, Exception fault)
    {
        faults.Report(LoopName, WellKnownResources.Pods, key, null, fault);
        writer.ReportUnschedulable(key, uid, scheduler ?? LoopName, PlacementWriter.SchedulerError, $"{fault.GetType().Name}: {fault.Message}");
    }

    /// <summary>Tries a pod.</summary>
    /// <returns>Whether it has a node now.</returns>
    private bool Decide(QueuedPod queued, long began)
    {
        var pod = queued.Info;
        var scheduler = _schedulers[pod.SchedulerName];
        switch (scheduler.Schedule(pod, ++_attempts))
        {
            case Placement placement when !_pods.Assume(pod, placement.NodeName):
                return false;
            case Placement placement when scheduler.Reserve(pod, placement.NodeName) is { } why:
                _pods.TakeBack(pod, time.GetUtcNow());
                SchedulerInstruments.Attempted(scheduler.Name, AttemptResult.Error, time.GetElapsedTime(began));
                writer.ReportUnschedulable(KeyOf(pod), pod.Uid, scheduler.Name, PlacementWriter.SchedulerError, why);
                return false;
            case Placement placement:
                Activity.Current?.SetTag("node", placement.NodeName);
                _pending.Add(
                    new PendingBinding(pod, placement.NodeName) { Attempts = queued.Attempts, AddedAt = queued.AddedAt, Began = began, Activity = Activity.Current },
                    time.GetUtcNow());
                return true;
            case Unschedulable failure:
                MakeRoom(scheduler, pod, failure);
                SchedulerInstruments.Attempted(scheduler.Name, AttemptResult.Unschedulable, time.GetElapsedTime(began));
                return false;
            case var other:
                throw new InvalidOperationException($"The scheduler has no such result: {other}.");
        }
    }

    /// <summary>Asks plugins to make room for a pod that fits no node, and reports the result.</summary>
    private void MakeRoom(Scheduler scheduler, PodInfo pod, Unschedulable failure)
    {
        var outcome = scheduler.PostFilter(pod, failure, _attempts);
        SchedulerInstruments.Preempted(outcome.Victims.Count);
        _queue.AddUnschedulable(pod.Uid, scheduler.After(failure, outcome), time.GetUtcNow());
        if (outcome.NodeName is { } nodeName)
        {
            _queue.Move(_cluster.Nominate(pod, nodeName, outcome.Victims), time.GetUtcNow());
            foreach (var other in outcome.Outbid)
                _ = EndNominationAsync(other);
            foreach (var victim in outcome.Victims)
                _ = PreemptAsync(scheduler, pod, victim, nodeName);
        }
        else if (outcome.EndsNomination)
        {
            _queue.Move(_cluster.EndNomination(pod), time.GetUtcNow());
        }

        var nominated = outcome.NodeName ?? (outcome.EndsNomination ? "" : null);
        writer.ReportUnschedulable(KeyOf(pod), pod.Uid, scheduler.Name, PlacementWriter.Unschedulable, failure.MessageWith(outcome), nominated);
    }

    private async Task PreemptAsync(Scheduler scheduler, PodInfo pod, PodInfo victim, string nodeName)
    {
        if (await writer.PreemptAsync(scheduler.Name, KeyOf(victim), victim.Uid, pod.Uid, nodeName))
            return;
        _queue.Move(_cluster.Spare(victim), time.GetUtcNow());
        _loop.Signal();
    }

    private Task EndNominationAsync(PodInfo pod)
    {
        _queue.Move(_cluster.EndNomination(pod), time.GetUtcNow());
        return writer.EndNominationAsync(KeyOf(pod), pod.Uid);
    }

    /// <summary>Makes the writes that plugins request before a binding.</summary>
    private async Task PrepareAsync(Preparation preparation)
    {
        var (binding, writes) = preparation;
        string? refusal = null;
        try
        {
            Activity.Current = binding.Activity;
            foreach (var written in await writer.PreBindAsync(writes))
            {
                var input = plugins.Inputs.Objects.First(input => input.Resource == written.Definition.Name);
                _queue.Move(_cluster.NoteWritten(input, written.Key, written.SharedModel()), time.GetUtcNow());
            }
        }
        catch (Exception refused)
        {
            refusal = refused.Message;
        }

        if (refusal is null)
            _pending.NoteWritten(binding, time.GetUtcNow());
        else
            _pending.NoteRefused(binding, refusal, time.GetUtcNow());
        _loop.Signal();
    }

    private async Task BindAsync(List<PendingBinding> ready)
    {
        try
        {
            var outcomes = await writer.BindAsync([.. ready.Select(p => (KeyOf(p.Pod), p.Pod.Uid, p.Pod.SchedulerName, p.NodeName, p.Activity))]);
            for (var i = 0; i < ready.Count; i++)
            {
                if (outcomes[i])
                    NoteBound(ready[i]);
                else
                    _pending.NoteNotBound(ready[i], time.GetUtcNow());
            }
        }
        catch (Exception exception)
        {
            LogBindingFailed(exception, ready.Count);
            ready.ForEach(binding => _pending.NoteNotBound(binding, time.GetUtcNow()));
        }
        finally
        {
            _bindings.Release();
            _loop.Signal();
        }
    }

    private void NoteBound(PendingBinding binding)
    {
        _pending.NoteBound(binding, time.GetUtcNow());
        binding.Activity?.Dispose();
        SchedulerInstruments.Attempted(binding.Pod.SchedulerName, AttemptResult.Scheduled, time.GetElapsedTime(binding.Began));
        SchedulerInstruments.Scheduled(binding.Attempts, time.GetUtcNow() - binding.AddedAt);
    }

    /// <summary>Reports the placements that came to no binding. Their pods are tried again.</summary>
    private void NoteFailed()
    {
        foreach (var (binding, why) in _pending.TakeFailed())
        {
            var pod = binding.Pod;
            SchedulerInstruments.Attempted(pod.SchedulerName, AttemptResult.Error, time.GetElapsedTime(binding.Began));
            if (why is not null)
                writer.ReportUnschedulable(KeyOf(pod), pod.Uid, pod.SchedulerName, PlacementWriter.SchedulerError, why);
            binding.Activity?.SetStatus(ActivityStatusCode.Error).Dispose();
        }
    }

    private static ObjectKey KeyOf(PodInfo pod) => new(pod.Namespace, pod.Name);

    [LoggerMessage(Level = LogLevel.Information, Message = "The scheduler missed changes of {Resource} and reads the cluster anew")]
    private partial void LogStartsOver(ResourceName resource);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The scheduling queue is full; {Pod} waits for its next change")]
    private partial void LogQueueFull(string pod);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} bindings failed and are retried")]
    private partial void LogBindingFailed(Exception exception, int count);
}
