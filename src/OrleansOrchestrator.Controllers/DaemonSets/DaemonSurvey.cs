using System.Collections.Immutable;
using OrleansOrchestrator.Controllers.Reconciling;

namespace OrleansOrchestrator.Controllers.DaemonSets;

/// <summary>
/// The verdicts about all nodes of a DaemonSet with their sums. A change of one node replaces one verdict, so that it costs the same
/// beside 5,000 nodes as beside five.
/// </summary>
internal sealed record DaemonSurvey : PlanSummary
{
    private static readonly ImmutableSortedSet<string> NoNames = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    private static readonly ImmutableSortedSet<(DateTimeOffset At, string Name)> NoTimes = ImmutableSortedSet<(DateTimeOffset At, string Name)>.Empty.WithComparer(
        Comparer<(DateTimeOffset At, string Name)>.Create(static (left, right) =>
            left.At.CompareTo(right.At) is var order and not 0 ? order : string.CompareOrdinal(left.Name, right.Name)));

    private ImmutableDictionary<string, DaemonVerdict> _verdicts = ImmutableDictionary.Create<string, DaemonVerdict>(StringComparer.Ordinal);
    private ImmutableSortedSet<string> _upkeep = NoNames;
    private ImmutableDictionary<DaemonStep, ImmutableSortedSet<string>> _steps = ImmutableDictionary<DaemonStep, ImmutableSortedSet<string>>.Empty;
    private ImmutableSortedSet<(DateTimeOffset At, string Name)> _due = NoTimes;
    private ImmutableDictionary<string, int> _revisions = ImmutableDictionary.Create<string, int>(StringComparer.Ordinal);

    /// <summary>What all verdicts depend on besides nodes and pods: the set, its spec, and the revision of its template.</summary>
    public required (string Uid, long? Generation, string Hash) Basis { get; init; }

    /// <summary>The sums.</summary>
    public DaemonCounts Counts { get; private init; }

    /// <summary>The nodes to judge again at the next look.</summary>
    public ImmutableHashSet<string> Open { get; init; } = ImmutableHashSet.Create<string>(StringComparer.Ordinal);

    /// <summary>When time alone changes a verdict next; null for never.</summary>
    public DateTimeOffset? NextLook => _due.IsEmpty ? null : _due.Min.At;

    /// <inheritdoc/>
    public override int Count => 2 * _verdicts.Count;

    /// <summary>The verdicts about nodes where pods must come or go in any case, in the order of names.</summary>
    public IEnumerable<DaemonVerdict> InUpkeep => _upkeep.Select(name => _verdicts[name]);

    /// <inheritdoc/>
    public override IEnumerable<string> OpenParts(DateTimeOffset now) => Open.Concat(_due.TakeWhile(due => due.At <= now).Select(due => due.Name));

    /// <summary>The verdicts about nodes with a step of a rollout, in the order of names.</summary>
    public IEnumerable<DaemonVerdict> At(DaemonStep step) => _steps.GetValueOrDefault(step, NoNames).Select(name => _verdicts[name]);

    /// <summary>Whether pods have a revision.</summary>
    public bool HasPodsOf(string revision) => _revisions.ContainsKey(revision);

    /// <summary>This survey with other verdicts about some nodes; null where the set has no business any more.</summary>
    public DaemonSurvey With(IEnumerable<(string Name, DaemonVerdict? Verdict)> judged)
    {
        var verdicts = _verdicts.ToBuilder();
        var upkeep = _upkeep.ToBuilder();
        var steps = _steps.ToDictionary(step => step.Key, step => step.Value.ToBuilder());
        var due = _due.ToBuilder();
        var revisions = _revisions.ToBuilder();
        var counts = Counts;
        foreach (var (name, verdict) in judged)
        {
            if (verdicts.Remove(name, out var old))
                Take(old);
            if (verdict is not null)
                Put(verdict);
        }

        return this with
        {
            Counts = counts,
            _verdicts = verdicts.ToImmutable(),
            _upkeep = upkeep.ToImmutable(),
            _steps = steps.ToImmutableDictionary(step => step.Key, step => step.Value.ToImmutable()),
            _due = due.ToImmutable(),
            _revisions = revisions.ToImmutable(),
        };

        void Take(DaemonVerdict old)
        {
            counts -= old.Counts;
            upkeep.Remove(old.Name);
            if (old.Step != DaemonStep.None)
                steps[old.Step].Remove(old.Name);
            if (old.Due is { } at)
                due.Remove((at, old.Name));
            foreach (var revision in old.Revisions)
            {
                if (--revisions[revision] == 0)
                    revisions.Remove(revision);
            }
        }

        void Put(DaemonVerdict verdict)
        {
            verdicts.Add(verdict.Name, verdict);
            counts += verdict.Counts;
            if (verdict.Deletions.Count > 0 || verdict.Creation is not null)
                upkeep.Add(verdict.Name);
            if (verdict.Step != DaemonStep.None)
                (steps.TryGetValue(verdict.Step, out var names) ? names : steps[verdict.Step] = NoNames.ToBuilder()).Add(verdict.Name);
            if (verdict.Due is { } at)
                due.Add((at, verdict.Name));
            foreach (var revision in verdict.Revisions)
                revisions[revision] = revisions.GetValueOrDefault(revision) + 1;
        }
    }
}
