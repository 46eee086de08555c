using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Queueing;

/// <summary>A pod in the scheduling queue, with the history of its attempts.</summary>
public sealed class QueuedPod
{
    internal QueuedPod(PodInfo info, DateTimeOffset now)
    {
        Info = info;
        AddedAt = now;
        Since = now;
    }

    /// <summary>The newest version of the pod.</summary>
    public PodInfo Info { get; internal set; }

    /// <summary>When it entered the queue.</summary>
    public DateTimeOffset AddedAt { get; }

    /// <summary>How many times it was popped.</summary>
    public int Attempts { get; internal set; }

    /// <summary>When it was last popped, in the counting of attempts of the whole queue.</summary>
    internal long TriedAt { get; set; }

    /// <summary>Its state.</summary>
    public QueuePlace Place { get; internal set; }

    /// <summary>When it entered its present state.</summary>
    internal DateTimeOffset Since { get; set; }

    /// <summary>When its back-off ends.</summary>
    internal DateTimeOffset BackoffUntil { get; set; }

    /// <summary>Why it fitted nowhere when it was last tried; null if that was not so.</summary>
    internal Unschedulable? Failure { get; set; }

    /// <summary>The pods that it waits with; null unless it is unschedulable.</summary>
    internal WaitingPods? Group { get; set; }

    /// <summary>Those for whom it is tried first; null if its attempt says nothing about others.</summary>
    internal WaitingPods? ScoutOf { get; set; }

    /// <summary>Orders pods of equal priority and time by arrival.</summary>
    internal long Sequence { get; set; }

    /// <summary>Its index in its heap.</summary>
    internal int HeapIndex { get; set; } = -1;
}
