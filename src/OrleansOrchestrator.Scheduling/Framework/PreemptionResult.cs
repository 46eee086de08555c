using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>The result of a search for victims: a node with the pods to evict, or why there is none.</summary>
public sealed record PreemptionResult
{
    /// <summary>The node to nominate; null if preemption does not help.</summary>
    public string? NodeName { get; init; }

    /// <summary>The pods to evict gracefully from the node. The pod is placed when they are gone.</summary>
    public IReadOnlyList<PodInfo> Victims { get; init; } = [];

    /// <summary>The pods of lower priority whose nominations to the node end.</summary>
    public IReadOnlyList<PodInfo> Outbid { get; init; } = [];

    /// <summary>Whether the pod's nomination has become useless and ends.</summary>
    public bool EndsNomination { get; init; }

    /// <summary>
    /// The text that kube-scheduler appends to the failure's message, such as <c>preemption: 0/5 nodes are available: …</c>; empty if
    /// preemption helps.
    /// </summary>
    public string Message { get; init; } = "";

    /// <summary>Whether victims that were chosen before have not gone yet.</summary>
    internal bool IsAwaitingVictims { get; init; }

    /// <summary>The rows that are rejected even without the pods of lower priority, each with the plugin that does so.</summary>
    internal IReadOnlyList<(int Row, string Plugin)> Rejected { get; init; } = [];

    internal static PreemptionResult Refuse(string message) => new() { Message = $"preemption: {message}" };
}
