using k8s.Models;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;
using OrleansOrchestrator.Scheduling.Queueing;

namespace OrleansOrchestrator.Scheduling.Tests.Building;

/// <summary>A cluster with its scheduler and its queue, as the host runs them. Only changes wake pods: nothing is tried again by time.</summary>
internal sealed class WaitingCluster(params V1Node[] nodes)
{
    /// <summary>When it begins.</summary>
    public static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Harness _harness = new(nodes);
    private readonly Dictionary<string, V1Pod> _pods = new(StringComparer.Ordinal);
    private SchedulingQueue? _queue;
    private DateTimeOffset _now = Start;
    private ulong _seed;

    public SchedulerCache Cache => _harness.Cache;

    public Scheduling.Placements.Scheduler Scheduler => _harness.Scheduler;

    public SchedulingQueue Queue => _queue ??= new SchedulingQueue(new SchedulingQueueOptions { UnschedulableTimeout = TimeSpan.FromDays(10_000) }, _harness.Hints);

    /// <summary>The pods that were chosen to make room, and have not gone yet.</summary>
    public HashSet<string> Victims { get; } = [];

    /// <summary>How often a pod was tried.</summary>
    public int Attempts { get; private set; }

    /// <summary>All pods that have no node.</summary>
    public IReadOnlyCollection<V1Pod> All => _pods.Values;

    /// <summary>The pods that sleep until a change helps them.</summary>
    public IEnumerable<V1Pod> Sleeping => _pods.Values.Where(pod => Queue.Find(pod.Metadata.Uid) is { Place: QueuePlace.Unschedulable });

    /// <summary>The names of those.</summary>
    public string[] SleepingNames => [.. Sleeping.Select(pod => pod.Metadata.Name).Order(StringComparer.Ordinal)];

    /// <summary>Pods that wait for a node; they have been tried when this returns.</summary>
    public WaitingCluster Waiting(params V1Pod[] pods)
    {
        foreach (var pod in pods)
        {
            _pods[pod.Metadata.Uid] = pod;
            Cache.SetPod(pod);
            Queue.Add(pod.Info(), _now);
        }

        return TryAll();
    }

    /// <summary>Takes over changes, and tells which of the pods that slept do not any more.</summary>
    public string[] WokenBy(Func<SchedulerCache, IReadOnlyList<ClusterEvent>> change)
    {
        var slept = SleepingNames;
        Queue.Move(change(Cache), _now);
        return [.. slept.Except(SleepingNames)];
    }

    /// <summary>Tries pods until all have a node or sleep.</summary>
    public WaitingCluster TryAll()
    {
        for (var round = 0; Queue.Count > Sleeping.Count(); round++)
        {
            round.ShouldBeLessThan(200, "the queue does not come to rest");
            _now += TimeSpan.FromSeconds(11);
            while (Queue.Pop(1, _now) is [var queued])
                Try(queued.Info);
        }

        return this;
    }

    /// <summary>What the scheduler says of a pod now, and what preemption makes of it.</summary>
    public (SchedulingResult Result, PreemptionResult? Preemption) Judge(V1Pod pod)
    {
        var info = pod.Info();
        var result = _harness.Scheduler.Schedule(info, ++_seed);
        return (result, result is Unschedulable failure ? _harness.Scheduler.PostFilter(info, failure, _seed) : null);
    }

    /// <summary>Forgets a pod that waits.</summary>
    public void Delete(string uid)
    {
        _pods.Remove(uid);
        Queue.Delete(uid);
        Queue.Move(Cache.RemovePod(uid), _now);
    }

    private void Try(PodInfo pod)
    {
        Attempts++;
        var (result, preemption) = Judge(_pods[pod.Uid]);
        if (result is Placement placement)
        {
            Cache.Assume(pod, placement.NodeName).ShouldBeTrue();
            Queue.Done(pod.Uid);
            _pods.Remove(pod.Uid, out var bound);
            bound!.Spec.NodeName = placement.NodeName;
            Queue.Move(Cache.SetPod(bound), _now);
            return;
        }

        Queue.AddUnschedulable(pod.Uid, _harness.Scheduler.After((Unschedulable)result, preemption!), _now);
        if (preemption!.NodeName is { } node)
        {
            Queue.Move(Cache.Nominate(pod, node, preemption.Victims), _now);
            foreach (var outbid in preemption.Outbid)
                Queue.Move(Cache.EndNomination(outbid), _now);
            Victims.UnionWith(preemption.Victims.Select(victim => victim.Uid));
        }
        else if (preemption.EndsNomination)
        {
            Queue.Move(Cache.EndNomination(pod), _now);
        }
    }
}
