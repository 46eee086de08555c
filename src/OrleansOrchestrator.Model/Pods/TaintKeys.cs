namespace OrleansOrchestrator.Model.Pods;

/// <summary>The taints that the control plane puts on nodes.</summary>
/// <remarks>See https://kubernetes.io/docs/reference/labels-annotations-taints/.</remarks>
public static class TaintKeys
{
    /// <summary>The node reports that it is not ready.</summary>
    public const string NotReady = "node.kubernetes.io/not-ready";

    /// <summary>The node does not report.</summary>
    public const string Unreachable = "node.kubernetes.io/unreachable";

    /// <summary>An operator says that the node's machine is shut down.</summary>
    public const string OutOfService = "node.kubernetes.io/out-of-service";

    /// <summary>The node is cordoned.</summary>
    public const string Unschedulable = "node.kubernetes.io/unschedulable";

    /// <summary>The node is short of memory.</summary>
    public const string MemoryPressure = "node.kubernetes.io/memory-pressure";

    /// <summary>The node is short of disk space.</summary>
    public const string DiskPressure = "node.kubernetes.io/disk-pressure";

    /// <summary>The node is short of process ids.</summary>
    public const string PidPressure = "node.kubernetes.io/pid-pressure";

    /// <summary>The node's network is not set up.</summary>
    public const string NetworkUnavailable = "node.kubernetes.io/network-unavailable";
}

/// <summary>The effects of a taint on pods that do not tolerate it.</summary>
public static class TaintEffects
{
    /// <summary>New pods are not scheduled to the node.</summary>
    public const string NoSchedule = "NoSchedule";

    /// <summary>New pods avoid the node if they can.</summary>
    public const string PreferNoSchedule = "PreferNoSchedule";

    /// <summary>New pods are not scheduled to the node, and running ones are evicted.</summary>
    public const string NoExecute = "NoExecute";
}
