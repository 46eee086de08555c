namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>Rare properties of a node, as bits of a column.</summary>
[Flags]
internal enum NodeTraits : byte
{
    /// <summary>The row has no node.</summary>
    None = 0,

    /// <summary>The node object exists.</summary>
    IsPresent = 1,

    /// <summary>The node is cordoned.</summary>
    IsUnschedulable = 2,

    /// <summary>The node has taints.</summary>
    HasTaints = 4,
}
