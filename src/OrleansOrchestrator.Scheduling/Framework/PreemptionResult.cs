using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>
/// What came of the search for pods that could make room: either a node with the pods to evict, or why there is none.
/// </summary>
public sealed record PreemptionResult
{
    /// <summary>The node to nominate; null if preemption does not help.</summary>
    public string? NodeName { get; init; }

    /// <summary>The pods to evict from the node, gracefully; the pod is placed when they are gone.</summary>
    public IReadOnlyList<PodInfo> Victims { get; init; } = [];

    /// <summary>The pods of lower priority that were nominated to the node; their nominations end.</summary>
    public IReadOnlyList<PodInfo> Outbid { get; init; } = [];

    /// <summary>Whether a nomination that the pod has leads nowhere, so that it ends.</summary>
    public bool EndsNomination { get; init; }

    /// <summary>
    /// What kube-scheduler appends to the message of the failure, as in <c>preemption: 0/5 nodes are available: …</c>;
    /// empty if preemption helps.
    /// </summary>
    public string Message { get; init; } = "";

    internal static PreemptionResult Refuse(string message) => new() { Message = $"preemption: {message}" };
}
