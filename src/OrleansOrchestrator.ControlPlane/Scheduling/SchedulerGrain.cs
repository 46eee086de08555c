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
/// from the queue, asks the scheduler of each pod's profile, assumes the placements, and commits all bindings of a batch in one call.
/// The store refuses bindings that lost a race, and only those are retried: two schedulers at once are slow but never wrong. A pod whose
/// volumes others have to make keeps its room and waits aside, so that nobody waits for it.
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

    // The pods that have a node and wait for others to act before they are bound, by uid, with the end of their patience.
    private readonly Dictionary<string, (AssumedPod Assumed, DateTimeOffset Until)> _waiting = new(StringComparer.Ordinal);
    private DateTimeOffset? _nextLookAtWaiting;
    private IReadOnlyDictionary<string, Scheduler> _schedulers = null!;
    private SchedulingQueue _queue = null!;
    private PodTracker _pods = null!;
    private SupervisedLoop _loop = null!;
    private ulong _attempts;

    protected override IEnumerable<Task> StartLoops()
    {
        _schedulers = Scheduler.CreateAll(_cluster, options, plugins);
        _queue = new SchedulingQueue(options.Queue, new QueueingHints(_cluster, _schedulers));
        _pods = new PodTracker(_cluster, _queue);
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
        _nextLookAtWaiting = time.GetUtcNow();
    }

    private void NotePod(WatchEvent @event)
    {
        if (@event.Type == WatchEventType.Deleted)
        {
            _pods.Remove(@event.Object!.Uid, time.GetUtcNow());
            LookAgainAt(@event.Object.Uid);
            return;
        }

        // A pod that is neither on a node nor for one of the profiles has no influence: nothing else of it is read.
        if (@event.Object!.Field("spec.nodeName") is null or "" && !_schedulers.ContainsKey(@event.Object.Field("spec.schedulerName") ?? ""))
            return;
        if (Read(@event.Object) is { } pod && !_pods.Set(pod, time.GetUtcNow()))
            LogQueueFull(pod.ToString());
        LookAgainAt(@event.Object.Uid);
    }

    /// <summary>Looks soon at a pod that waits to be bound: it may not wait any more.</summary>
    private void LookAgainAt(string uid)
    {
        if (_waiting.ContainsKey(uid))
            _nextLookAtWaiting = time.GetUtcNow();
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
        var placed = TakePrepared();
        var tried = PlaceNext(placed);
        if (placed.Count > 0)
            _ = BindAsync(placed);
        else
            _bindings.Release();
        return tried > 0 ? TimeSpan.Zero : Earlier(_queue.NextWake, _nextLookAtWaiting) - time.GetUtcNow();
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) => one is null || other < one ? other : one;

    /// <summary>Takes the pods that waited and may be bound now. Those that cannot be bound any more are tried again.</summary>
    private List<AssumedPod> TakePrepared()
    {
        var prepared = new List<AssumedPod>();
        var now = time.GetUtcNow();
        if (_waiting.Count == 0)
            _nextLookAtWaiting = null;
        if (_waiting.Count == 0 || _nextLookAtWaiting > now)
            return prepared;
        foreach (var (uid, (assumed, until)) in _waiting.ToArray())
        {
            var isInFlight = _queue.Find(uid) is { Place: QueuePlace.InFlight };
            var state = isInFlight ? _schedulers[assumed.Pod.SchedulerName].StateOf(assumed.Pod, assumed.NodeName) : PreBindState.Waiting;
            if (isInFlight && state == PreBindState.Waiting && now < until)
                continue;
            _waiting.Remove(uid);
            if (state == PreBindState.Done)
                prepared.Add(assumed);
            else if (isInFlight)
                Refuse(assumed, state.Fault ?? "binding volumes: context deadline exceeded");
            else
                TakeBack(assumed);
        }

        _nextLookAtWaiting = _waiting.Count == 0 ? null : _waiting.Values.Min(waiting => waiting.Until);
        return prepared;
    }

    /// <summary>Tries the next pods, up to the bounds of a batch.</summary>
    /// <returns>The number of pods tried.</returns>
    private int PlaceNext(List<AssumedPod> placed)
    {
        var began = time.GetTimestamp();
        var spent = TimeSpan.Zero;
        var tried = 0;
        while (tried < options.BatchPodsMax && spent < options.BatchTimeMax && _queue.Pop(1, time.GetUtcNow()) is [var pod])
        {
            Place(pod, placed);
            tried++;
            var elapsed = time.GetElapsedTime(began);
            _queue.Charge(pod, elapsed - spent);
            spent = elapsed;
        }

        return tried;
    }

    private void Place(QueuedPod queued, List<AssumedPod> placed)
    {
        var pod = queued.Info;
        var began = time.GetTimestamp();
        var attempt = ControlPlaneActivities.StartRoot(ControlPlaneActivities.Schedule)?
            .SetTag("scheduler", pod.SchedulerName).SetTag("namespace", pod.Namespace).SetTag("pod", pod.Name);
        var before = placed.Count;
        try
        {
            Decide(queued, began, placed);
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
            if (placed.Count == before)
                attempt?.Dispose();
        }
    }

    private void ReportNotJudged(ObjectKey key, string uid, string? scheduler, Exception fault)
    {
        faults.Report(LoopName, WellKnownResources.Pods, key, null, fault);
        writer.ReportUnschedulable(key, uid, scheduler ?? LoopName, PlacementWriter.SchedulerError, $"{fault.GetType().Name}: {fault.Message}");
    }

    private void Decide(QueuedPod queued, long began, List<AssumedPod> placed)
    {
        var pod = queued.Info;
        var scheduler = _schedulers[pod.SchedulerName];
        switch (scheduler.Schedule(pod, ++_attempts))
        {
            case Placement placement when !_pods.Assume(pod, placement.NodeName):
                break;
            case Placement placement when scheduler.Reserve(pod, placement.NodeName) is { } why:
                _pods.TakeBack(pod, time.GetUtcNow());
                SchedulerInstruments.Attempted(scheduler.Name, AttemptResult.Error, time.GetElapsedTime(began));
                writer.ReportUnschedulable(KeyOf(pod), pod.Uid, scheduler.Name, PlacementWriter.SchedulerError, why);
                break;
            case Placement placement:
                Activity.Current?.SetTag("node", placement.NodeName);
                placed.Add(new AssumedPod(pod, placement.NodeName, queued.Attempts, queued.AddedAt, began, Activity.Current));
                break;
            case Unschedulable failure:
                MakeRoom(scheduler, pod, failure);
                SchedulerInstruments.Attempted(scheduler.Name, AttemptResult.Unschedulable, time.GetElapsedTime(began));
                break;
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

    private async Task BindAsync(List<AssumedPod> placed)
    {
        try
        {
            placed = await PreBindAsync(placed);
            if (placed.Count == 0)
                return;
            var outcomes = await writer.BindAsync([.. placed.Select(p => (KeyOf(p.Pod), p.Pod.Uid, p.Pod.SchedulerName, p.NodeName, p.Activity))]);
            for (var i = 0; i < placed.Count; i++)
            {
                if (outcomes[i])
                    Done(placed[i]);
                else
                    TakeBack(placed[i]);
            }
        }
        catch (Exception exception)
        {
            LogBindingFailed(exception, placed.Count);
            placed.ForEach(TakeBack);
        }
        finally
        {
            _bindings.Release();
            _loop.Signal();
        }
    }

    /// <summary>Makes the writes that plugins request before bindings, of all pods at once. A pod whose writes are refused is retried.</summary>
    /// <returns>The pods that may be bound.</returns>
    private async Task<List<AssumedPod>> PreBindAsync(List<AssumedPod> placed)
    {
        var prepared = new List<AssumedPod>(placed.Count);
        var writing = new List<Task>();
        foreach (var assumed in placed)
        {
            var writes = _schedulers[assumed.Pod.SchedulerName].PreBind(assumed.Pod, assumed.NodeName);
            if (writes.Count > 0)
                writing.Add(WriteAsync(assumed, writes));
            else
                Advance(assumed);
        }

        await Task.WhenAll(writing);
        return prepared;

        async Task WriteAsync(AssumedPod assumed, IReadOnlyList<PreBindWrite> writes)
        {
            try
            {
                Activity.Current = assumed.Activity;
                foreach (var written in await writer.PreBindAsync(writes))
                {
                    var input = plugins.Inputs.Objects.First(input => input.Resource == written.Definition.Name);
                    _queue.Move(_cluster.SetObject(input, written.Key, written.SharedModel()), time.GetUtcNow());
                }

                Advance(assumed);
            }
            catch (Exception refused)
            {
                Refuse(assumed, refused.Message);
            }
        }

        void Advance(AssumedPod assumed)
        {
            var scheduler = _schedulers[assumed.Pod.SchedulerName];
            var state = scheduler.StateOf(assumed.Pod, assumed.NodeName);
            if (state == PreBindState.Done)
            {
                prepared.Add(assumed);
            }
            else if (state.Fault is { } fault)
            {
                Refuse(assumed, fault);
            }
            else
            {
                var until = time.GetUtcNow() + scheduler.PreBindWaitMax;
                _waiting[assumed.Pod.Uid] = (assumed, until);
                _nextLookAtWaiting = Earlier(_nextLookAtWaiting, until);
            }
        }
    }

    /// <summary>Reports why a placement cannot be bound, and tries the pod again.</summary>
    private void Refuse(AssumedPod assumed, string why)
    {
        var pod = assumed.Pod;
        writer.ReportUnschedulable(KeyOf(pod), pod.Uid, pod.SchedulerName, PlacementWriter.SchedulerError, why);
        TakeBack(assumed);
    }

    private void Done(AssumedPod assumed)
    {
        assumed.Activity?.Dispose();
        _queue.Done(assumed.Pod.Uid);
        SchedulerInstruments.Attempted(assumed.Pod.SchedulerName, AttemptResult.Scheduled, time.GetElapsedTime(assumed.Began));
        SchedulerInstruments.Scheduled(assumed.Attempts, time.GetUtcNow() - assumed.Queued);
    }

    private void TakeBack(AssumedPod assumed)
    {
        var pod = assumed.Pod;
        _waiting.Remove(pod.Uid);
        SchedulerInstruments.Attempted(pod.SchedulerName, AttemptResult.Error, time.GetElapsedTime(assumed.Began));
        assumed.Activity?.SetStatus(ActivityStatusCode.Error).Dispose();
        _schedulers[pod.SchedulerName].Unreserve(pod, assumed.NodeName);
        _pods.TakeBack(pod, time.GetUtcNow());
    }

    /// <summary>A pod with an assumed node whose binding is not committed yet.</summary>
    /// <param name="Pod">The pod.</param>
    /// <param name="NodeName">The assumed node.</param>
    /// <param name="Attempts">The number of attempts.</param>
    /// <param name="Queued">When the pod entered the queue.</param>
    /// <param name="Began">When the last attempt began.</param>
    /// <param name="Activity">The activity of the attempt.</param>
    private readonly record struct AssumedPod(PodInfo Pod, string NodeName, int Attempts, DateTimeOffset Queued, long Began, Activity? Activity);

    private static ObjectKey KeyOf(PodInfo pod) => new(pod.Namespace, pod.Name);

    [LoggerMessage(Level = LogLevel.Information, Message = "The scheduler missed changes of {Resource} and reads the cluster anew")]
    private partial void LogStartsOver(ResourceName resource);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The scheduling queue is full; {Pod} waits for its next change")]
    private partial void LogQueueFull(string pod);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} bindings failed and are retried")]
    private partial void LogBindingFailed(Exception exception, int count);
}
