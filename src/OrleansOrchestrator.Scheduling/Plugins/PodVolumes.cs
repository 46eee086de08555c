using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>What the claims of a pod demand of its node, read once for a decision.</summary>
internal sealed class PodVolumes
{
    private readonly List<VolumeTopology> _topologies = [];
    private readonly List<DelayedClaim> _delayed = [];
    private bool _isVolumeMissing;

    private PodVolumes()
    {
    }

    /// <summary>Why no node can take the pod; null if that is not so.</summary>
    public string? Fault { get; private init; }

    /// <summary>Reads the claims of a pod and what they are or can be bound to.</summary>
    public static PodVolumes Read(SchedulerCache cluster, PodInfo pod)
    {
        var (claims, volumes) = (cluster.ObjectsOf(ObjectInputs.PersistentVolumeClaims), cluster.ObjectsOf(ObjectInputs.PersistentVolumes));
        var result = new PodVolumes();
        var hasUnbound = false;
        foreach (var (key, isEphemeral) in pod.Claims)
        {
            if (claims.Find(key) is not { } claim)
            {
                return Refused(isEphemeral
                    ? $"waiting for ephemeral volume controller to create the persistentvolumeclaim \"{key.Name}\""
                    : $"persistentvolumeclaim \"{key.Name}\" not found");
            }

            if (claim.Status?.Phase == "Lost")
                return Refused($"persistentvolumeclaim \"{key.Name}\" bound to non-existent persistentvolume \"{claim.Spec.VolumeName}\"");
            if (claim.Metadata.DeletionTimestamp is not null)
                return Refused($"persistentvolumeclaim \"{key.Name}\" is being deleted");
            if (isEphemeral && !ClaimNames.IsOf(pod.Uid, claim))
                return Refused(ClaimNames.NotCreatedFor(pod.ToString(), claim));

            if (claim.IsBindCompleted && !string.IsNullOrEmpty(claim.Spec.VolumeName))
                result.AddBound(volumes.Find(new ObjectKey("", claim.Spec.VolumeName)));
            else if (claim.IsOpen && ClassOf(cluster, claim) is { WaitsForConsumer: true } storage)
                result._delayed.Add(new DelayedClaim(key, claim, storage, cluster));
            else
                hasUnbound = true;
        }

        if (hasUnbound)
            return Refused("pod has unbound immediate PersistentVolumeClaims");
        // The smaller ones first, so that they do not take what only a larger one needs.
        result._delayed.Sort(static (left, right) => left.Claim.RequestedSize.CompareTo(right.Claim.RequestedSize));
        return result;
    }

    /// <summary>What keeps the pod from a node.</summary>
    public VolumeConflicts ConflictsOn(NodeRecord node) =>
        (_isVolumeMissing ? VolumeConflicts.MissingVolume : VolumeConflicts.None)
        | (_topologies.TrueForAll(topology => topology.Admits(node.Name, node.Labels)) ? VolumeConflicts.None : VolumeConflicts.NodeAffinity)
        | (Choose(node) is null ? VolumeConflicts.NothingToBind : VolumeConflicts.None);

    /// <summary>
    /// The volumes for the claims that wait for their consumer, if it runs on a node; null stands for a volume that is to be provisioned.
    /// </summary>
    /// <returns>Null if the node can serve not all of them.</returns>
    public IReadOnlyList<(ObjectKey Claim, V1PersistentVolume? Volume)>? Choose(NodeRecord node)
    {
        if (_delayed.Count == 0)
            return [];
        var chosen = new List<(ObjectKey Claim, V1PersistentVolume? Volume)>(_delayed.Count);
        foreach (var claim in _delayed)
        {
            if (claim.NodeName is { } selected)
            {
                if (selected != node.Name)
                    return null;
                chosen.Add((claim.Key, claim.Reserved));
            }
            else if (claim.FindVolume(node, chosen) is { } volume)
            {
                chosen.Add((claim.Key, volume));
            }
            else if (claim.CanProvisionOn(node))
            {
                chosen.Add((claim.Key, null));
            }
            else
            {
                return null;
            }
        }

        return chosen;
    }

    private static V1StorageClass? ClassOf(SchedulerCache cluster, V1PersistentVolumeClaim claim) =>
        cluster.ObjectsOf(ObjectInputs.StorageClasses).Find(new ObjectKey("", claim.ClassName));

    private static PodVolumes Refused(string why) => new() { Fault = why };

    private void AddBound(V1PersistentVolume? volume)
    {
        if (volume is null)
            _isVolumeMissing = true;
        else if (volume.Topology is { } topology)
            _topologies.Add(topology);
    }

    /// <summary>A claim that is bound only once the node of its first consumer is known.</summary>
    private sealed class DelayedClaim
    {
        private readonly V1StorageClass _storage;
        private readonly Lazy<ReachableVolumes> _volumes;

        public DelayedClaim(ObjectKey key, V1PersistentVolumeClaim claim, V1StorageClass storage, SchedulerCache cluster)
        {
            (Key, Claim, _storage) = (key, claim, storage);
            var volumes = cluster.ObjectsOf(ObjectInputs.PersistentVolumes);
            if (cluster.VolumeReservations.Of(key) is { } reservation)
            {
                NodeName = reservation.NodeName;
                Reserved = reservation.Volume is { } name ? volumes.Find(new ObjectKey("", name)) : null;
            }
            else
            {
                NodeName = claim.SelectedNode;
            }

            _volumes = new(() => new ReachableVolumes(
                VolumeMatching.Candidates(claim, VolumeMatching.GroupsFor(claim).SelectMany(volumes.OfGroup)).Where(volume => !cluster.VolumeReservations.IsTaken(volume.Metadata.Name, key))));
        }

        public ObjectKey Key { get; }

        public V1PersistentVolumeClaim Claim { get; }

        /// <summary>The node that was chosen for another consumer, or for this one before.</summary>
        public string? NodeName { get; }

        /// <summary>The volume that was chosen with the node.</summary>
        public V1PersistentVolume? Reserved { get; }

        public V1PersistentVolume? FindVolume(NodeRecord node, List<(ObjectKey Claim, V1PersistentVolume? Volume)> chosen) =>
            _volumes.Value.FindBest(node, volume => !chosen.Exists(other => other.Volume == volume));

        public bool CanProvisionOn(NodeRecord node) =>
            _storage.Provisioner is { Length: > 0 } and not StorageClasses.NoProvisioner && _storage.AllowsTopologyOf(node.Labels);
    }

    /// <summary>Volumes in the order in which a claim prefers them. Those of one host are found by its name.</summary>
    private sealed class ReachableVolumes
    {
        private const string HostnameLabel = "kubernetes.io/hostname";

        private readonly List<(V1PersistentVolume Volume, VolumeTopology? Topology)> _all = [];
        private readonly Dictionary<string, List<int>> _byHost = new(StringComparer.Ordinal);
        private readonly List<int> _others = [];

        public ReachableVolumes(IEnumerable<V1PersistentVolume> volumes)
        {
            foreach (var volume in volumes)
            {
                var topology = volume.Topology;
                if (topology?.Hostnames is { } hosts)
                {
                    foreach (var host in hosts)
                        (_byHost.TryGetValue(host, out var found) ? found : _byHost[host] = []).Add(_all.Count);
                }
                else
                {
                    _others.Add(_all.Count);
                }

                _all.Add((volume, topology));
            }
        }

        public V1PersistentVolume? FindBest(NodeRecord node, Func<V1PersistentVolume, bool> isFree)
        {
            var ofHost = node.Labels.TryGetValue(HostnameLabel, out var host) && _byHost.TryGetValue(host, out var found) ? First(found) : int.MaxValue;
            var best = Math.Min(ofHost, First(_others));
            return best == int.MaxValue ? null : _all[best].Volume;

            int First(List<int> indexes)
            {
                foreach (var index in indexes)
                {
                    if (_all[index].Topology?.Admits(node.Name, node.Labels) is not false && isFree(_all[index].Volume))
                        return index;
                }

                return int.MaxValue;
            }
        }
    }
}

/// <summary>What keeps a pod with claims from a node.</summary>
[Flags]
internal enum VolumeConflicts
{
    None = 0,

    /// <summary>A claim is bound to a volume that is not there.</summary>
    MissingVolume = 1,

    /// <summary>A bound volume cannot be reached from the node.</summary>
    NodeAffinity = 2,

    /// <summary>A claim finds no volume there, and none can be provisioned.</summary>
    NothingToBind = 4,
}
