using OrleansOrchestrator.Scheduling.Matching;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>
/// The counters of plugins. A counter is built at its first use, and updated with every pod that comes or goes. The least recently used
/// are dropped, because each takes a number per node.
/// </summary>
internal sealed class PodCounters(PodTable pods, NodeTable nodes)
{
    /// <summary>The most counters to keep: with 5,000 nodes they take 10 MB.</summary>
    public const int CountersMax = 512;

    private readonly Dictionary<PodPredicate, PodCounter> _byPredicate = [];
    private readonly Dictionary<string, PodCounter> _byOwner = new(StringComparer.Ordinal);
    private long _questions;
    private long _version;

    /// <summary>The counter of the pods that match a predicate.</summary>
    public PodCounter Of(PodPredicate predicate)
    {
        if (!_byPredicate.TryGetValue(predicate, out var counter))
        {
            DropOldestIfFull();
            counter = new PodCounter(predicate, null, nodes.Capacity);
            foreach (var group in pods.Groups)
            {
                if (Matches(counter, group))
                    AddAll(counter, group.Pods);
            }

            _byPredicate.Add(predicate, counter);
            _version++;
        }

        counter.LastUsed = ++_questions;
        return counter;
    }

    /// <summary>The counter of an owner's pods.</summary>
    public PodCounter OfOwner(string ownerUid)
    {
        if (!_byOwner.TryGetValue(ownerUid, out var counter))
        {
            DropOldestIfFull();
            counter = new PodCounter(null, ownerUid, nodes.Capacity);
            AddAll(counter, pods.OfOwner(ownerUid));
            _byOwner.Add(ownerUid, counter);
        }

        counter.LastUsed = ++_questions;
        return counter;
    }

    /// <summary>Counts a pod that came (+1) or went (-1).</summary>
    public void Note(AssignedPod pod, int change)
    {
        if (pod.Info.SpreadOwnerUid is { } owner && _byOwner.TryGetValue(owner, out var counter))
            counter.Add(pod, change);
        if (_byPredicate.Count == 0)
            return;

        var group = pod.Group;
        if (group.CountersVersion != _version)
        {
            group.Counters.Clear();
            foreach (var candidate in _byPredicate.Values)
            {
                if (Matches(candidate, group))
                    group.Counters.Add(candidate);
            }

            group.CountersVersion = _version;
        }

        foreach (var matching in group.Counters)
            matching.Add(pod, change);
    }

    /// <summary>Drops the counters that depend on namespace labels, because those changed.</summary>
    public void DropNamespaceReaders()
    {
        foreach (var predicate in _byPredicate.Keys.Where(predicate => predicate.ReadsNamespaceLabels).ToArray())
            _byPredicate.Remove(predicate);
        _version++;
    }

    public void Resize(int rows)
    {
        foreach (var counter in _byPredicate.Values)
            counter.Resize(rows);
        foreach (var counter in _byOwner.Values)
            counter.Resize(rows);
    }

    private bool Matches(PodCounter counter, LabelGroup group) =>
        counter.Predicate!.Matches(group.Namespace, group.Labels, pods.NamespaceLabels);

    private static void AddAll(PodCounter counter, List<AssignedPod> records)
    {
        foreach (var pod in records)
            counter.Add(pod, 1);
    }

    private void DropOldestIfFull()
    {
        if (_byPredicate.Count + _byOwner.Count < CountersMax)
            return;
        var oldest = _byPredicate.Values.Concat(_byOwner.Values).MinBy(counter => counter.LastUsed)!;
        if (oldest.Predicate is { } predicate)
        {
            _byPredicate.Remove(predicate);
            _version++;
        }
        else
        {
            _byOwner.Remove(oldest.OwnerUid!);
        }
    }
}
