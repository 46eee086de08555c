using OrleansOrchestrator.Model.Selectors;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Queueing;

/// <summary>
/// Unschedulable pods that are the same to every plugin that rejected them, so that a change helps all of them or none. Thousands of
/// replicas cost as much as one of them: a change wakes one, and the next only if that one has found a node or made room.
/// </summary>
public sealed class WaitingPods
{
    private static readonly Comparer<QueuedPod> ByTurn = Comparer<QueuedPod>.Create(static (left, right) =>
        (left.BackoffUntil, left.TriedAt).CompareTo((right.BackoffUntil, right.TriedAt)));

    // By namespace, since namespaces take turns.
    private readonly Dictionary<string, SortedSet<QueuedPod>> _members = new(StringComparer.Ordinal);
    private readonly HashSet<string> _rejectedBy = new(StringComparer.Ordinal);

    internal WaitingPods(PodInfo sample, Unschedulable failure) => (Sample, SawNoNode) = (sample, failure.NodeCount == 0);

    /// <summary>One of them, to ask plugins about.</summary>
    internal PodInfo Sample { get; }

    /// <summary>Whether there was no node when they were tried.</summary>
    internal bool SawNoNode { get; }

    internal IEnumerable<QueuedPod> Members => _members.Values.SelectMany(static members => members);

    /// <summary>Whether none waits any more.</summary>
    internal bool IsEmpty => _members.Count == 0;

    /// <summary>When the last change came that may help them, in the counting of attempts. Those that were tried since are not tried again for it.</summary>
    internal long HelpedAt { get; set; }

    /// <summary>The one that was woken to see whether a change helps, and whose attempt has not ended; null if there is none.</summary>
    internal QueuedPod? Scout { get; set; }

    /// <summary>The plugins whose hints count.</summary>
    internal IReadOnlyCollection<string> RejectedBy => _rejectedBy;

    /// <summary>The rows that node filters reject; null if no change of a node helps.</summary>
    internal RowSet? RejectedRows { get; private set; }

    /// <summary>The rows that node filters reject even without the pods of lower priority.</summary>
    internal RowSet? KeptFromPreemptionOn { get; private set; }

    /// <summary>The node filters that apply to the pods; null until somebody has found them.</summary>
    internal INodeFilter[]? Filters { get; set; }

    /// <summary>Takes over why one of them fits nowhere at present, which is why none of them does.</summary>
    internal void Note(Unschedulable failure)
    {
        _rejectedBy.UnionWith(failure.Plugins);
        _rejectedBy.UnionWith(failure.KeptFromPreemptionBy);
        RejectedRows = failure.RejectedRows?.Copy();
        // One that waits for its victims has not looked for others.
        if (!failure.IsOfItAlone)
            KeptFromPreemptionOn = failure.KeptFromPreemptionOn;
    }

    /// <summary>Notes that a plugin rejects a node that others rejected before.</summary>
    internal void NoteRejection(string plugin) => _rejectedBy.Add(plugin);

    internal void Add(QueuedPod pod)
    {
        pod.Info.ShareShape(Sample.Shape);
        (_members.TryGetValue(pod.Info.Namespace, out var members) ? members : _members[pod.Info.Namespace] = new(ByTurn)).Add(pod);
    }

    internal void Remove(QueuedPod pod)
    {
        var members = _members[pod.Info.Namespace];
        members.Remove(pod);
        if (members.Count == 0)
            _members.Remove(pod.Info.Namespace);
    }

    /// <summary>
    /// The next one to try for the last change: of those whose back-off has ended one of the namespace that has used the least time,
    /// and otherwise the one whose back-off ends first. Null if all have been tried.
    /// </summary>
    /// <param name="usedBy">The time that a namespace has used.</param>
    /// <param name="now">The current time: one whose back-off has ended comes before others.</param>
    internal QueuedPod? Next(Func<string, TimeSpan> usedBy, DateTimeOffset now) => _members.Values
        .Select(ofNamespace => ofNamespace.FirstOrDefault(pod => pod.TriedAt < HelpedAt))
        .OfType<QueuedPod>()
        .MinBy(pod => (pod.BackoffUntil > now ? pod.BackoffUntil : now, usedBy(pod.Info.Namespace), pod.TriedAt));

    /// <summary>What pods have in common that wait together.</summary>
    /// <param name="SchedulerName">The profile.</param>
    /// <param name="Shape">What plugins read of the specification.</param>
    /// <param name="Priority">What they may evict, and whose room they may not take.</param>
    /// <param name="MayPreempt">Whether they evict.</param>
    /// <param name="SawNoNode">Whether there was no node.</param>
    /// <param name="Namespace">The namespace; null if the failure does not depend on it.</param>
    /// <param name="Labels">The labels; empty if the failure does not depend on them.</param>
    /// <param name="SpreadOwnerUid">The controller; null if the failure does not depend on it.</param>
    /// <param name="Claims">The names of the claims; empty if the failure does not depend on them.</param>
    internal readonly record struct Key(
        string SchedulerName, PodShape Shape, int Priority, bool MayPreempt, bool SawNoNode, string? Namespace, LabelSet Labels, string? SpreadOwnerUid, string Claims)
    {
        public static Key Of(PodInfo pod, Unschedulable failure) => failure.IsOfShape
            ? new Key(pod.SchedulerName, pod.Shape, pod.Priority, pod.MayPreempt, failure.NodeCount == 0, null, LabelSet.Empty, null, "")
            : new Key(pod.SchedulerName, pod.Shape, pod.Priority, pod.MayPreempt, failure.NodeCount == 0, pod.Namespace, pod.Labels, pod.SpreadOwnerUid, NamesOf(pod.Claims));

        private static string NamesOf(PodClaim[] claims) => claims.Length == 0 ? "" : string.Join('/', claims.Select(claim => claim.Key.Name));
    }
}
