using System.Diagnostics;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Bindings;

/// <summary>A pod with an assumed node and reservations, whose binding is not committed yet.</summary>
/// <param name="pod">The pod.</param>
/// <param name="nodeName">The node.</param>
public sealed class PendingBinding(PodInfo pod, string nodeName)
{
    /// <summary>The pod.</summary>
    public PodInfo Pod => pod;

    /// <summary>The node.</summary>
    public string NodeName => nodeName;

    /// <summary>The number of attempts to place the pod.</summary>
    public int Attempts { get; init; }

    /// <summary>When the pod entered the queue.</summary>
    public DateTimeOffset AddedAt { get; init; }

    /// <summary>The timestamp at which the last attempt began.</summary>
    public long Began { get; init; }

    /// <summary>The activity of the attempt.</summary>
    public Activity? Activity { get; init; }
}
