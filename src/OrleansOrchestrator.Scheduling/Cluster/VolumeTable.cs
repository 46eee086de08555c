using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>The volumes, so that a claim looks at those that it may get only: its own, and the free ones of its class that a node reaches.</summary>
internal sealed class VolumeTable() : ObjectTable<V1PersistentVolume>(static _ => null)
{
    private readonly Dictionary<ObjectKey, Dictionary<string, V1PersistentVolume>> _ofClaims = [];
    private readonly Dictionary<string, FreeVolumes> _free = new(StringComparer.Ordinal);

    /// <summary>The volumes that name a claim.</summary>
    public IReadOnlyCollection<V1PersistentVolume> OfClaim(ObjectKey claim) => _ofClaims.TryGetValue(claim, out var found) ? found.Values : [];

    /// <summary>The free volumes of a class; null if there are none.</summary>
    public FreeVolumes? FreeOf(string className) => _free.GetValueOrDefault(className);

    protected override void Note(V1PersistentVolume? before, V1PersistentVolume? now)
    {
        if (before is not null)
            Remove(before);
        if (now is not null)
            Add(now);
    }

    private static ObjectKey? ClaimOf(V1PersistentVolume volume) =>
        volume.Spec?.ClaimRef is { } claim ? new ObjectKey(claim.NamespaceProperty ?? "", claim.Name ?? "") : null;

    private void Add(V1PersistentVolume volume)
    {
        if (ClaimOf(volume) is { } claim)
            (_ofClaims.TryGetValue(claim, out var ofClaim) ? ofClaim : _ofClaims[claim] = new(StringComparer.Ordinal))[volume.Metadata.Name] = volume;
        else if (volume.IsFree)
            (_free.TryGetValue(volume.ClassName, out var free) ? free : _free[volume.ClassName] = new FreeVolumes()).Add(volume);
    }

    private void Remove(V1PersistentVolume volume)
    {
        if (ClaimOf(volume) is { } claim)
        {
            if (_ofClaims[claim].Remove(volume.Metadata.Name) && _ofClaims[claim].Count == 0)
                _ofClaims.Remove(claim);
        }
        else if (volume.IsFree && _free[volume.ClassName].RemoveLast(volume))
        {
            _free.Remove(volume.ClassName);
        }
    }
}

/// <summary>The free volumes of one class, by the nodes that reach them.</summary>
internal sealed class FreeVolumes
{
    private readonly Dictionary<string, VolumeReach> _all = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<VolumeReach>> _ofHosts = new(StringComparer.Ordinal);
    private readonly List<VolumeReach> _others = [];

    /// <summary>The groups of volumes that a node reaches.</summary>
    public IEnumerable<VolumeReach> ReachedFrom(NodeRecord node)
    {
        if (node.Labels.TryGetValue(TopologyLabels.Hostname, out var host) && _ofHosts.TryGetValue(host, out var found))
        {
            foreach (var reach in found)
            {
                if (reach.Contains(node))
                    yield return reach;
            }
        }

        foreach (var reach in _others)
        {
            if (reach.Contains(node))
                yield return reach;
        }
    }

    public void Add(V1PersistentVolume volume)
    {
        var key = KeyOf(volume);
        if (!_all.TryGetValue(key, out var reach))
        {
            _all.Add(key, reach = new VolumeReach(volume.Topology));
            foreach (var list in ListsOf(reach))
                list.Add(reach);
        }

        reach.Add(volume);
    }

    /// <summary>Removes a volume.</summary>
    /// <returns>Whether it was the last one.</returns>
    public bool RemoveLast(V1PersistentVolume volume)
    {
        var key = KeyOf(volume);
        var reach = _all[key];
        if (reach.RemoveLast(volume))
        {
            _all.Remove(key);
            foreach (var list in ListsOf(reach))
                list.Remove(reach);
            foreach (var host in reach.Hosts ?? [])
            {
                if (_ofHosts[host].Count == 0)
                    _ofHosts.Remove(host);
            }
        }

        return _all.Count == 0;
    }

    private static string KeyOf(V1PersistentVolume volume) =>
        volume.Spec.NodeAffinity?.Required is { } required ? System.Text.Encoding.UTF8.GetString(ObjectCodec.Encode(required)) : "";

    private IEnumerable<List<VolumeReach>> ListsOf(VolumeReach reach) => reach.Hosts is { } hosts
        ? hosts.Select(host => _ofHosts.TryGetValue(host, out var found) ? found : _ofHosts[host] = []).ToList()
        : [_others];
}

/// <summary>Free volumes that the same nodes reach, the best first.</summary>
internal sealed class VolumeReach(VolumeTopology? topology)
{
    private readonly SortedDictionary<VolumeRank, SortedDictionary<string, V1PersistentVolume>> _byRank = [];

    /// <summary>The only hosts that reach the volumes; null if it is not hosts that count.</summary>
    public IReadOnlyList<string>? Hosts => topology?.Hostnames;

    /// <summary>Whether a node reaches the volumes.</summary>
    public bool Contains(NodeRecord node) => topology?.Admits(node.Name, node.Labels) is not false;

    /// <summary>Those that a claim may get, in the order in which it prefers them. Those of one rank are read when their turn comes.</summary>
    public IEnumerable<V1PersistentVolume> For(VolumeDemand demand) => _byRank
        .Where(ofRank => ofRank.Key.Size >= demand.Size)
        .SelectMany(ofRank => ofRank.Value.Values.Where(demand.Fits).OrderBy(demand.Draw));

    public void Add(V1PersistentVolume volume)
    {
        var rank = VolumeRank.Of(volume);
        (_byRank.TryGetValue(rank, out var ofRank) ? ofRank : _byRank[rank] = new(StringComparer.Ordinal)).Add(volume.Metadata.Name, volume);
    }

    /// <summary>Removes a volume.</summary>
    /// <returns>Whether it was the last one.</returns>
    public bool RemoveLast(V1PersistentVolume volume)
    {
        var rank = VolumeRank.Of(volume);
        if (_byRank[rank].Remove(volume.Metadata.Name) && _byRank[rank].Count == 0)
            _byRank.Remove(rank);
        return _byRank.Count == 0;
    }
}
