using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>A pod that counts against a node.</summary>
internal sealed class AssignedPod(PodInfo info, int row, LabelGroup group)
{
    public PodInfo Info { get; set; } = info;

    /// <summary>The row of its node.</summary>
    public int Row { get; } = row;

    /// <summary>The pods with the same namespace and labels.</summary>
    public LabelGroup Group { get; } = group;

    /// <summary>Whether the scheduler assumes the assignment and has not seen it in the store yet.</summary>
    public bool IsAssumed { get; set; }

    /// <summary>Whether it is being evicted for a pod of higher priority, even if its object does not say so yet.</summary>
    public bool IsBeingPreempted { get; set; }

    /// <summary>Its index in its node's list, for removal without a search.</summary>
    public int IndexInNode { get; set; }

    /// <summary>Its index in its group's list.</summary>
    public int IndexInGroup { get; set; }

    /// <summary>Its index in its owner's list; -1 without an owner.</summary>
    public int IndexInOwner { get; set; } = -1;
}
