using k8s.Models;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Watch;
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
    PlacementWriter writer, CacheFollower follower, WatchCaches caches, ResourceRegistry registry, TimeProvider time,
    ILogger<SchedulerGrain> logger) : LoopingGrain, ISchedulerGrain
{
    /// <summary>The scheduler of pods that name none.</summary>
    public const string DefaultName = "default-scheduler";

    private const int BatchMax = 256;
    private const int BindingsInFlightMax = 4;

    private readonly SchedulerCache _cluster = new();
    private readonly SchedulingQueue _queue = new(new SchedulingQueueOptions());
    private readonly SemaphoreSlim _bindings = new(BindingsInFlightMax);
    private Scheduler _scheduler = null!;
    private TaskCompletionSource _changed = new();
    private ulong _attempts;

    private string Name => this.GetPrimaryKeyString();

    protected override IEnumerable<Task> StartLoops()
    {
        _scheduler = new Scheduler(_cluster, new SchedulerOptions());
        return
        [
            FollowAsync(WellKnownResources.Namespaces, NoteNamespace),
            FollowAsync(WellKnownResources.Nodes, NoteNode),
            FollowAsync(WellKnownResources.Pods, NotePod),
            RunAsync(),
        ];
    }

    /// <summary>Follows a resource. When that has a gap the whole cluster has to be read anew, which a new activation does.</summary>
    private async Task FollowAsync(ResourceName resource, Action<WatchEvent> note)
    {
        try
        {
            await follower.FollowOnceAsync(
                caches[registry[resource]],
                events =>
                {
                    foreach (var @event in events)
                    {
                        if (@event.Object is not null)
                            note(@event);
                    }

                    Signal();
                    return Task.CompletedTask;
                },
                Stopping);
        }
        catch (OperationCanceledException) when (Stopping.IsCancellationRequested)
        {
            // The grain goes.
        }
        catch (Exception exception)
        {
            LogStartsOver(exception, Name);
            DeactivateOnIdle();
        }
    }

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
        var pod = PodInfo.From(@event.Object.Peek<V1Pod>());
        _queue.Move(_cluster.SetPod(pod), now);
        if (!string.IsNullOrEmpty(pod.NodeName) || pod.IsTerminal || pod.IsTerminating || pod.IsGated)
            _queue.Delete(uid);
        else if (!_queue.Add(pod, now))
            LogQueueFull(pod.ToString());
    }

    private async Task RunAsync()
    {
        try
        {
            await ScheduleAsync();
        }
        catch (Exception exception)
        {
            LogStartsOver(exception, Name);
            DeactivateOnIdle();
        }
    }

    private async Task ScheduleAsync()
    {
        while (!Stopping.IsCancellationRequested)
        {
            var changed = _changed.Task;
            var batch = _queue.Pop(BatchMax, time.GetUtcNow());
            if (batch.Count == 0)
            {
                await WaitAsync(changed);
                continue;
            }

            var placed = new List<(PodInfo Pod, string NodeName)>(batch.Count);
            foreach (var pod in batch)
                Place(pod.Info, placed);
            if (placed.Count == 0)
                continue;
            await _bindings.WaitAsync();
            _ = BindAsync(placed);
        }
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
            LogNotJudged(exception, pod.ToString());
            _queue.Retry(pod.Uid, time.GetUtcNow());
        }
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
                writer.TellUnschedulable(KeyOf(pod), pod.Uid, Name, failure.Message);
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
            Signal();
        }
    }

    private void TakeBack(PodInfo pod)
    {
        var now = time.GetUtcNow();
        var freed = _cluster.Forget(pod);
        _queue.Retry(pod.Uid, now);
        _queue.Move(freed, now);
    }

    private async Task WaitAsync(Task changed)
    {
        var wait = _queue.NextWake is { } wake ? wake - time.GetUtcNow() : TimeSpan.FromMinutes(1);
        if (wait > TimeSpan.Zero)
            await changed.CompletesWithinAsync(wait, time, Stopping);
    }

    private void Signal()
    {
        var changed = _changed;
        _changed = new TaskCompletionSource();
        changed.TrySetResult();
    }

    private static ObjectKey KeyOf(PodInfo pod) => new(pod.Namespace, pod.Name);

    [LoggerMessage(Level = LogLevel.Information, Message = "The scheduler {Name} reads the cluster anew")]
    private partial void LogStartsOver(Exception exception, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The scheduling queue is full; {Pod} waits for its next change")]
    private partial void LogQueueFull(string pod);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Pod} could not be judged; trying again")]
    private partial void LogNotJudged(Exception exception, string pod);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} bindings failed; trying again")]
    private partial void LogBindingFailed(Exception exception, int count);
}
