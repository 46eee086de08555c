using OrleansOrchestrator.Scheduling.Cluster;

namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>The result if no node fits, with the reasons and their counts.</summary>
public sealed record Unschedulable : SchedulingResult
{
    private const string NoNodes = "no nodes available to schedule pods";

    /// <summary>The number of nodes.</summary>
    public required int NodeCount { get; init; }

    /// <summary>The number of nodes that each reason rejected, in the order of messages.</summary>
    public required IReadOnlyList<KeyValuePair<string, int>> Reasons { get; init; }

    /// <summary>The plugins that rejected nodes.</summary>
    public required IReadOnlyCollection<string> Plugins { get; init; }

    /// <summary>The changes after which another attempt may succeed.</summary>
    public required ClusterEvents WakesOn { get; init; }

    /// <summary>The fault of the pod itself, found before any node was checked; null if there is none.</summary>
    public string? PodFault { get; init; }

    /// <summary>The message of the pod's condition and event in kube-scheduler's words, without preemption.</summary>
    public string Message => NodeCount == 0 ? NoNodes : $"0/{NodeCount} nodes are available: {PodFault ?? ReasonText(Reasons)}.";

    /// <summary>The message in kube-scheduler's words after preemption was tried.</summary>
    /// <param name="preemption">The result of preemption.</param>
    public string MessageWith(PreemptionResult preemption)
    {
        ArgumentNullException.ThrowIfNull(preemption);
        return preemption.Message.Length == 0 ? Message : $"{Message} {preemption.Message}";
    }

    /// <summary>The rows that would fit without pods of lower priority, for preemption.</summary>
    internal IReadOnlyList<int> ResolvableRows { get; init; } = [];

    /// <summary>The counts of reasons as text: <c>2 Insufficient cpu, 3 node(s) were unschedulable</c>.</summary>
    internal static string ReasonText(IEnumerable<KeyValuePair<string, int>> reasons) =>
        string.Join(", ", reasons.Select(reason => $"{reason.Value} {reason.Key}"));

    /// <summary>Orders reasons as kube-scheduler does: as texts that begin with the count.</summary>
    internal static KeyValuePair<string, int>[] Sort(IEnumerable<KeyValuePair<string, int>> reasons) =>
        [.. reasons.OrderBy(reason => $"{reason.Value} {reason.Key}", StringComparer.Ordinal)];
}
