using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>The assigned pods, indexed by uid, labels, owner and affinity terms.</summary>
internal sealed class PodTable
{
    private static readonly List<AssignedPod> NoPods = [];

    private readonly Dictionary<string, AssignedPod> _byUid = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Namespace, LabelSet Labels), LabelGroup> _groups = [];
    private readonly Dictionary<string, List<AssignedPod>> _byOwner = new(StringComparer.Ordinal);
    private readonly Dictionary<PodShape, (PodShape Shape, int Pods)> _shapes = [];
    private readonly SortedDictionary<int, int> _podsByPriority = [];
    private readonly Dictionary<ObjectKey, int> _podsByClaim = [];
    private readonly Dictionary<string, LabelSet> _namespaceLabels = new(StringComparer.Ordinal);

    public PodTable() => CarriedTerms = new CarriedTerms(_namespaceLabels);

    public int Count => _byUid.Count;

    public IEnumerable<AssignedPod> All => _byUid.Values;

    public IEnumerable<LabelGroup> Groups => _groups.Values;

    /// <summary>The affinity terms of assigned pods.</summary>
    public CarriedTerms CarriedTerms { get; }

    /// <summary>The lowest priority of all assigned pods; without pods, the highest possible one.</summary>
    public int LowestPriority
    {
        get
        {
            foreach (var priority in _podsByPriority.Keys)
                return priority;
            return int.MaxValue;
        }
    }

    /// <summary>The labels of namespaces, for namespace selectors.</summary>
    public IReadOnlyDictionary<string, LabelSet> NamespaceLabels => _namespaceLabels;

    public AssignedPod? Find(string uid) => _byUid.GetValueOrDefault(uid);

    /// <summary>Whether an assigned pod uses a claim.</summary>
    public bool IsClaimUsed(ObjectKey claim) => _podsByClaim.ContainsKey(claim);

    public List<AssignedPod> OfOwner(string ownerUid) => _byOwner.GetValueOrDefault(ownerUid, NoPods);

    public void SetNamespaceLabels(string name, LabelSet? labels)
    {
        if (labels is { } set)
            _namespaceLabels[name] = set;
        else
            _namespaceLabels.Remove(name);
        CarriedTerms.Forget();
    }

    public AssignedPod Add(PodInfo info, int row)
    {
        var record = new AssignedPod(info, row, GroupOf(info));
        record.IndexInGroup = Append(record.Group.Pods, record);
        if (info.SpreadOwnerUid is { } owner)
        {
            if (!_byOwner.TryGetValue(owner, out var siblings))
                _byOwner.Add(owner, siblings = []);
            record.IndexInOwner = Append(siblings, record);
        }

        ShareShape(info);
        foreach (var term in info.Shape.AffinityTerms)
            CarriedTerms.Add(term, row);

        foreach (var claim in info.Claims)
            _podsByClaim[claim.Key] = _podsByClaim.GetValueOrDefault(claim.Key) + 1;
        _podsByPriority[info.Priority] = _podsByPriority.GetValueOrDefault(info.Priority) + 1;
        _byUid.Add(info.Uid, record);
        return record;
    }

    public void Remove(AssignedPod record)
    {
        var info = record.Info;
        _byUid.Remove(info.Uid);
        var group = record.Group.Pods;
        group[record.IndexInGroup] = group[^1];
        group[record.IndexInGroup].IndexInGroup = record.IndexInGroup;
        group.RemoveAt(group.Count - 1);
        if (group.Count == 0)
            _groups.Remove((record.Group.Namespace, record.Group.Labels));

        if (info.SpreadOwnerUid is { } owner && _byOwner.TryGetValue(owner, out var siblings))
        {
            siblings[record.IndexInOwner] = siblings[^1];
            siblings[record.IndexInOwner].IndexInOwner = record.IndexInOwner;
            siblings.RemoveAt(siblings.Count - 1);
            if (siblings.Count == 0)
                _byOwner.Remove(owner);
        }

        foreach (var term in info.Shape.AffinityTerms)
            CarriedTerms.Remove(term, record.Row);

        foreach (var claim in info.Claims)
        {
            if (--_podsByClaim[claim.Key] == 0)
                _podsByClaim.Remove(claim.Key);
        }

        if (--_podsByPriority[info.Priority] == 0)
            _podsByPriority.Remove(info.Priority);
        ReleaseShape(info.Shape);
    }

    private static int Append(List<AssignedPod> list, AssignedPod record)
    {
        list.Add(record);
        return list.Count - 1;
    }

    private LabelGroup GroupOf(PodInfo info)
    {
        var key = (info.Namespace, info.Labels);
        if (!_groups.TryGetValue(key, out var group))
            _groups.Add(key, group = new LabelGroup(info.Namespace, info.Labels));
        return group;
    }

    /// <summary>Makes pods of equal shape share one copy: thousands of replicas need one compiled specification.</summary>
    private void ShareShape(PodInfo info)
    {
        if (_shapes.TryGetValue(info.Shape, out var shared))
        {
            info.ShareShape(shared.Shape);
            _shapes[shared.Shape] = (shared.Shape, shared.Pods + 1);
        }
        else
        {
            _shapes.Add(info.Shape, (info.Shape, 1));
        }
    }

    private void ReleaseShape(PodShape shape)
    {
        var (shared, pods) = _shapes[shape];
        if (pods == 1)
            _shapes.Remove(shared);
        else
            _shapes[shared] = (shared, pods - 1);
    }
}
