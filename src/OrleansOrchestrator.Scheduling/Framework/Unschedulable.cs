using OrleansOrchestrator.Scheduling.Cluster;

namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>No node fits, and why, counted by reason.</summary>
public sealed record Unschedulable : SchedulingResult
{
    private const string NoNodes = "no nodes available to schedule pods";

    /// <summary>How many nodes there are.</summary>
    public required int NodeCount { get; init; }

    /// <summary>How many nodes each reason rejected, in the order in which messages list them.</summary>
    public required IReadOnlyList<KeyValuePair<string, int>> Reasons { get; init; }

    /// <summary>The plugins that rejected nodes.</summary>
    public required IReadOnlyCollection<string> Plugins { get; init; }

    /// <summary>The changes after which another attempt is worth while.</summary>
    public required ClusterEvents WakesOn { get; init; }

    /// <summary>What is wrong with the pod itself, before any node was looked at; null if nothing is.</summary>
    public string? PodFault { get; init; }

    /// <summary>
    /// The reasons as kube-scheduler writes them into the pod's condition and event, without a word on preemption.
    /// </summary>
    public string Message => NodeCount == 0 ? NoNodes : $"0/{NodeCount} nodes are available: {PodFault ?? ReasonText(Reasons)}.";

    /// <summary>The message as kube-scheduler writes it after preemption was tried.</summary>
    /// <param name="preemption">What came of that.</param>
    public string MessageWith(PreemptionResult preemption)
    {
        ArgumentNullException.ThrowIfNull(preemption);
        return preemption.Message.Length == 0 ? Message : $"{Message} {preemption.Message}";
    }

    /// <summary>The rows that would fit if pods of lower priority left, for preemption.</summary>
    internal IReadOnlyList<int> ResolvableRows { get; init; } = [];

    /// <summary>Counts of reasons as one text: <c>2 Insufficient cpu, 3 node(s) were unschedulable</c>.</summary>
    internal static string ReasonText(IEnumerable<KeyValuePair<string, int>> reasons) =>
        string.Join(", ", reasons.Select(reason => $"{reason.Value} {reason.Key}"));

    /// <summary>Orders reasons as kube-scheduler does: as texts, the count in front.</summary>
    internal static KeyValuePair<string, int>[] Sort(IEnumerable<KeyValuePair<string, int>> reasons) =>
        [.. reasons.OrderBy(reason => $"{reason.Value} {reason.Key}", StringComparer.Ordinal)];
}
