namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>The kinds of change that can make room for an unschedulable pod.</summary>
[Flags]
public enum ClusterEvents
{
    /// <summary>No change that matters to scheduling.</summary>
    None = 0,

    /// <summary>A node appeared.</summary>
    NodeAdded = 1 << 0,

    /// <summary>A node's allocatable resources changed.</summary>
    NodeAllocatableChanged = 1 << 1,

    /// <summary>A node's labels changed, or whether it has a folder for volumes.</summary>
    NodeLabelsChanged = 1 << 2,

    /// <summary>A node's taints changed, or it was cordoned or uncordoned.</summary>
    NodeTaintsChanged = 1 << 3,

    /// <summary>A node disappeared; spread constraints may have fewer domains.</summary>
    NodeRemoved = 1 << 4,

    /// <summary>A pod was assigned to a node; pods with affinity to it may have waited for it.</summary>
    AssignedPodAdded = 1 << 5,

    /// <summary>An assigned pod ended or was deleted.</summary>
    AssignedPodRemoved = 1 << 6,

    /// <summary>The labels, requests or deletion timestamp of an assigned pod changed.</summary>
    AssignedPodChanged = 1 << 7,

    /// <summary>The labels of a namespace changed, which affects namespace selectors.</summary>
    NamespaceChanged = 1 << 8,

    /// <summary>All changes.</summary>
    All = (1 << 9) - 1,
}
