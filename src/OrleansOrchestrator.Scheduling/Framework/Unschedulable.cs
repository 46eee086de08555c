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

    /// <summary>The plugins whose hints count because they reject nodes even without the pods of lower priority.</summary>
    internal IReadOnlyCollection<string> KeptFromPreemptionBy { get; init; } = [];

    /// <summary>The rows that node filters reject even without the pods of lower priority.</summary>
    internal RowSet? KeptFromPreemptionOn { get; init; }

    /// <summary>The rows that would fit without pods of lower priority, for preemption.</summary>
    internal IReadOnlyList<int> ResolvableRows { get; init; } = [];

    /// <summary>
    /// The rows that node filters reject, each of which may fit when its node or the pods there change; null if no node was looked
    /// at, so that no change of one helps.
    /// </summary>
    internal RowSet? RejectedRows { get; init; }

    /// <summary>Whether the failure is that of every pod of the shape, whatever its labels and its namespace are.</summary>
    internal bool IsOfShape { get; init; }

    /// <summary>
    /// Whether pods that are alike may fare better: the pod waits for room that is being made for it, and others could make room for
    /// themselves.
    /// </summary>
    internal bool IsOfItAlone { get; init; }

    /// <summary>The counts of reasons as text: <c>2 Insufficient cpu, 3 node(s) were unschedulable</c>.</summary>
    internal static string ReasonText(IEnumerable<KeyValuePair<string, int>> reasons) =>
        string.Join(", ", reasons.Select(reason => $"{reason.Value} {reason.Key}"));

    /// <summary>Orders reasons as kube-scheduler does: as texts that begin with the count.</summary>
    internal static KeyValuePair<string, int>[] Sort(IEnumerable<KeyValuePair<string, int>> reasons) =>
        [.. reasons.OrderBy(reason => $"{reason.Value} {reason.Key}", StringComparer.Ordinal)];
}
