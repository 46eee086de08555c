using k8s.Models;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using OrleansOrchestrator.ControlPlane.Events;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Placements;
using OrleansOrchestrator.Scheduling.Pods;
using OrleansOrchestrator.Scheduling.Queueing;

namespace OrleansOrchestrator.ControlPlane.Scheduling;

/// <inheritdoc cref="ISchedulerGrain"/>
/// <remarks>
/// Follows nodes, pods and namespaces into a <see cref="SchedulerCache"/>, takes batches of pods from the queue, assumes a
/// placement for each and commits all bindings of a batch in one call. The store refuses the bindings that lost a race, and
/// those alone are tried again: two schedulers at once are slow, but never wrong.
/// </remarks>
[Reentrant]
[KeepAlive]
[PreferLocalPlacement]
internal sealed partial class SchedulerGrain(
    PlacementWriter writer, Reflector follower, ObjectFaults faults, WatchCaches caches, ResourceRegistry registry, TimeProvider time,
    ILogger<SchedulerGrain> logger) : LoopingGrain, ISchedulerGrain
{
    /// <summary>The scheduler of pods that name none.</summary>
    public const string DefaultName = "default-scheduler";

    private const int BatchMax = 256;
    private const int BindingsInFlightMax = 4;

    // How long pods are judged in one go: those that are placed are bound then, and what has changed meanwhile is seen.
    private static readonly TimeSpan BatchTimeMax = TimeSpan.FromMilliseconds(100);

    private readonly SchedulerCache _cluster = new();
    private readonly SchedulingQueue _queue = new(new SchedulingQueueOptions());
    private readonly SemaphoreSlim _bindings = new(BindingsInFlightMax);
    private readonly HashSet<ResourceName> _begun = [];
    private Scheduler _scheduler = null!;
    private SupervisedLoop _loop = null!;
    private ulong _attempts;

    private string Name => this.GetPrimaryKeyString();

    protected override IEnumerable<Task> StartLoops()
    {
        _scheduler = new Scheduler(_cluster, new SchedulerOptions());
        _loop = new SupervisedLoop(Name, ScheduleAsync, time, logger);
        return
        [
            FollowAsync(WellKnownResources.Namespaces, NoteNamespace),
            FollowAsync(WellKnownResources.Nodes, NoteNode),
            FollowAsync(WellKnownResources.Pods, NotePod),
            _loop.RunAsync(Stopping),
        ];
    }

    /// <summary>Follows a resource. When that has a gap the whole cluster has to be read anew, which a new activation does.</summary>
    private Task FollowAsync(ResourceName resource, Action<WatchEvent> note) => follower.FollowAsync(
        caches[registry[resource]],
        () =>
        {
            if (_begun.Add(resource))
                return;
            LogStartsOver(Name, resource);
            DeactivateOnIdle();
        },
        events =>
        {
            foreach (var @event in events)
            {
                if (@event.Object is { } obj)
                    faults.Try(Name, obj, _ => note(@event));
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
            _queue.Move(_cluster.SetNamespace(@event.Object!.Peek<V1Namespace>()), time.GetUtcNow());
    }

    private void NoteNode(WatchEvent @event) => _queue.Move(
        @event.Type == WatchEventType.Deleted
            ? _cluster.RemoveNode(@event.Object!.Key.Name)
            : _cluster.SetNode(@event.Object!.Peek<V1Node>()),
        time.GetUtcNow());

    private void NotePod(WatchEvent @event)
    {
        var now = time.GetUtcNow();
        var uid = @event.Object!.Uid;
        if (@event.Type == WatchEventType.Deleted)
        {
            _queue.Delete(uid);
            _queue.Move(_cluster.RemovePod(uid), now);
            return;
        }

        // What is neither on a node nor to be placed here has no bearing on anything: nothing else of it is read.
        if (@event.Object.Field("spec.nodeName") is null or "" && @event.Object.Field("spec.schedulerName") != Name)
            return;
        if (Read(@event.Object) is not { } pod)
            return;
        _queue.Move(_cluster.SetPod(pod), now);
        if (!string.IsNullOrEmpty(pod.NodeName) || pod.IsTerminal || pod.IsTerminating || pod.IsGated)
            _queue.Delete(uid);
        else if (!_queue.Add(pod, now))
            LogQueueFull(pod.ToString());
    }

    /// <summary>Reads a pod. One that cannot be read counts nowhere and is not placed: it is told why, and all others go on.</summary>
    private PodInfo? Read(StoredObject obj)
    {
        try
        {
            return PodInfo.From(obj.Peek<V1Pod>());
        }
        catch (Exception fault)
        {
            _queue.Delete(obj.Uid);
            _queue.Move(_cluster.RemovePod(obj.Uid), time.GetUtcNow());
            TellNotJudged(obj.Key, obj.Uid, fault);
            return null;
        }
    }

    /// <summary>Places the next pods; they are bound behind it.</summary>
    private async Task<TimeSpan?> ScheduleAsync(CancellationToken cancellationToken)
    {
        await _bindings.WaitAsync(cancellationToken);
        var placed = new List<(PodInfo Pod, string NodeName)>();
        var tried = PlaceNext(placed);
        if (placed.Count > 0)
            _ = BindAsync(placed);
        else
            _bindings.Release();
        return tried > 0 ? TimeSpan.Zero : _queue.NextWake - time.GetUtcNow();
    }

    /// <summary>Tries the next pods, as many as the bounds of a batch allow.</summary>
    /// <returns>How many were tried.</returns>
    private int PlaceNext(List<(PodInfo Pod, string NodeName)> placed)
    {
        var began = time.GetTimestamp();
        var spent = TimeSpan.Zero;
        var tried = 0;
        while (tried < BatchMax && spent < BatchTimeMax && _queue.Pop(1, time.GetUtcNow()) is [var pod])
        {
            Place(pod.Info, placed);
            tried++;
            var elapsed = time.GetElapsedTime(began);
            _queue.Charge(pod, elapsed - spent);
            spent = elapsed;
        }

        return tried;
    }

    private void Place(PodInfo pod, List<(PodInfo Pod, string NodeName)> placed)
    {
        try
        {
            Decide(pod, placed);
        }
        catch (Exception exception)
        {
            // One pod that cannot be judged must not keep all others from their nodes.
            _queue.Retry(pod.Uid, time.GetUtcNow());
            TellNotJudged(KeyOf(pod), pod.Uid, exception);
        }
    }

    private void TellNotJudged(ObjectKey key, string uid, Exception fault)
    {
        faults.Report(Name, WellKnownResources.Pods, key, null, fault);
        writer.TellUnschedulable(key, uid, Name, PlacementWriter.SchedulerError, $"{fault.GetType().Name}: {fault.Message}");
    }

    private void Decide(PodInfo pod, List<(PodInfo Pod, string NodeName)> placed)
    {
        switch (_scheduler.Schedule(pod, ++_attempts))
        {
            case Placement placement:
                _cluster.Assume(pod, placement.NodeName);
                placed.Add((pod, placement.NodeName));
                break;
            case Unschedulable failure:
                _queue.AddUnschedulable(pod.Uid, failure, time.GetUtcNow());
                writer.TellUnschedulable(KeyOf(pod), pod.Uid, Name, PlacementWriter.Unschedulable, failure.Message);
                break;
        }
    }

    private async Task BindAsync(List<(PodInfo Pod, string NodeName)> placed)
    {
        try
        {
            var outcomes = await writer.BindAsync(Name, [.. placed.Select(p => (KeyOf(p.Pod), p.Pod.Uid, p.NodeName))]);
            for (var i = 0; i < placed.Count; i++)
            {
                if (outcomes[i])
                    _queue.Done(placed[i].Pod.Uid);
                else
                    TakeBack(placed[i].Pod);
            }
        }
        catch (Exception exception)
        {
            LogBindingFailed(exception, placed.Count);
            foreach (var (pod, _) in placed)
                TakeBack(pod);
        }
        finally
        {
            _bindings.Release();
            _loop.Signal();
        }
    }

    private void TakeBack(PodInfo pod)
    {
        var now = time.GetUtcNow();
        var freed = _cluster.Forget(pod);
        _queue.Retry(pod.Uid, now);
        _queue.Move(freed, now);
    }

    private static ObjectKey KeyOf(PodInfo pod) => new(pod.Namespace, pod.Name);

    [LoggerMessage(Level = LogLevel.Information, Message = "The scheduler {Name} reads the cluster anew, since it has missed changes of {Resource}")]
    private partial void LogStartsOver(string name, ResourceName resource);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The scheduling queue is full; {Pod} waits for its next change")]
    private partial void LogQueueFull(string pod);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} bindings failed; trying again")]
    private partial void LogBindingFailed(Exception exception, int count);
}
