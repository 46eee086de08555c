using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Queueing;

/// <summary>
/// Keeps the cluster and the queue in step as pods come, are placed, and go: a pod that counts on a node does not wait for one. The only
/// exception is a pod in flight, whose binding is not committed yet. One caller at a time.
/// </summary>
/// <param name="cluster">The cluster.</param>
/// <param name="queue">The pods that wait.</param>
public sealed class PodTracker(SchedulerCache cluster, SchedulingQueue queue)
{
    /// <summary>Takes over a version of a pod.</summary>
    /// <returns>False if the pod waits for a node and the queue is full.</returns>
    public bool Set(PodInfo pod, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(pod);
        queue.Move(cluster.SetPod(pod), now);
        if (!string.IsNullOrEmpty(pod.NodeName) || pod.IsTerminal || pod.IsTerminating)
        {
            queue.Delete(pod.Uid);
            return true;
        }

        // The binding is committed, and this version is older.
        if (cluster.IsAssumed(pod) && queue.Find(pod.Uid) is null)
            return true;
        return queue.Add(pod, now);
    }

    /// <summary>Forgets a pod that is gone.</summary>
    public void Remove(string uid, DateTimeOffset now)
    {
        queue.Delete(uid);
        queue.Move(cluster.RemovePod(uid), now);
    }

    /// <summary>Counts a pod in flight on the node of its placement, before the binding is committed.</summary>
    /// <returns>False if it has a node already; then it does not wait any more.</returns>
    public bool Assume(PodInfo pod, string nodeName)
    {
        ArgumentNullException.ThrowIfNull(pod);
        if (!cluster.Assume(pod, nodeName))
        {
            queue.Done(pod.Uid);
            return false;
        }

        queue.Placed(pod.Uid);
        return true;
    }

    /// <summary>Undoes <see cref="Assume"/>: the pod is retried after its back-off, and its room is free again.</summary>
    public void TakeBack(PodInfo pod, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(pod);
        var freed = cluster.Forget(pod);
        queue.Retry(pod.Uid, now);
        queue.Move(freed, now);
    }
}
