using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>What the claims of a pod demand of its node, read once for an attempt.</summary>
internal sealed class PodVolumes
{
    private readonly List<VolumeTopology> _topologies = [];
    private readonly List<DelayedClaim> _delayed = [];
    private readonly List<(ObjectKey Claim, V1PersistentVolume? Volume)> _chosen = [];
    private bool _isVolumeMissing;

    private PodVolumes()
    {
    }

    /// <summary>Why no node can take the pod; null if that is not so.</summary>
    public string? Fault { get; private init; }

    /// <summary>Reads the claims of a pod and what they are or can be bound to.</summary>
    public static PodVolumes Read(SchedulerCache cluster, PodInfo pod)
    {
        var claims = cluster.ObjectsOf(ObjectInputs.PersistentVolumeClaims);
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

            if (claim.Status?.Phase == ClaimPhase.Lost)
                return Refused($"persistentvolumeclaim \"{key.Name}\" bound to non-existent persistentvolume \"{claim.Spec.VolumeName}\"");
            if (claim.Metadata.DeletionTimestamp is not null)
                return Refused($"persistentvolumeclaim \"{key.Name}\" is being deleted");
            if (isEphemeral && !ClaimNames.IsOf(pod.Uid, claim))
                return Refused(ClaimNames.NotCreatedFor(pod.ToString(), claim));

            if (claim.IsBindCompleted && !string.IsNullOrEmpty(claim.Spec.VolumeName))
                result.AddBound(cluster.Volumes.Find(new ObjectKey("", claim.Spec.VolumeName)));
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
    /// The list is valid until the next call.
    /// </summary>
    /// <returns>Null if the node can serve not all of them.</returns>
    public IReadOnlyList<(ObjectKey Claim, V1PersistentVolume? Volume)>? Choose(NodeRecord node)
    {
        _chosen.Clear();
        foreach (var claim in _delayed)
        {
            if (claim.NodeName is { } selected)
            {
                if (selected != node.Name)
                    return null;
                _chosen.Add((claim.Key, claim.Reserved));
            }
            else if (claim.FindVolume(node, _chosen) is { } volume)
            {
                _chosen.Add((claim.Key, volume));
            }
            else if (claim.CanProvisionOn(node))
            {
                _chosen.Add((claim.Key, null));
            }
            else
            {
                return null;
            }
        }

        return _chosen;
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
        private readonly SchedulerCache _cluster;
        private readonly V1StorageClass _storage;
        private readonly VolumeDemand _demand;
        private readonly List<(V1PersistentVolume Volume, VolumeTopology? Topology)> _own;
        private readonly FreeVolumes? _free;
        private readonly Dictionary<VolumeReach, PreferredVolumes> _preferred = [];

        public DelayedClaim(ObjectKey key, V1PersistentVolumeClaim claim, V1StorageClass storage, SchedulerCache cluster)
        {
            (Key, Claim, _storage, _cluster) = (key, claim, storage, cluster);
            _demand = new VolumeDemand(claim);
            _own = [.. cluster.Volumes.OfClaim(key).Where(volume => _demand.Fits(volume) && !IsTaken(volume)).Order(_demand).Select(volume => (volume, volume.Topology))];
            _free = cluster.Volumes.FreeOf(claim.ClassName);
            if (cluster.VolumeReservations.Of(key) is { } reservation)
            {
                NodeName = reservation.NodeName;
                Reserved = reservation.Volume is { } name ? cluster.Volumes.Find(new ObjectKey("", name)) : null;
            }
            else
            {
                NodeName = claim.SelectedNode;
            }
        }

        public ObjectKey Key { get; }

        public V1PersistentVolumeClaim Claim { get; }

        /// <summary>The node that was chosen for another consumer, or for this one before.</summary>
        public string? NodeName { get; }

        /// <summary>The volume that was chosen with the node.</summary>
        public V1PersistentVolume? Reserved { get; }

        /// <summary>The best volume that a node reaches and that is not among the chosen ones.</summary>
        public V1PersistentVolume? FindVolume(NodeRecord node, List<(ObjectKey Claim, V1PersistentVolume? Volume)> chosen)
        {
            foreach (var (volume, topology) in _own)
            {
                if (topology?.Admits(node.Name, node.Labels) is not false && !IsAmong(chosen, volume))
                    return volume;
            }

            V1PersistentVolume? best = null;
            foreach (var reach in _free?.ReachedFrom(node) ?? [])
            {
                if (!_preferred.TryGetValue(reach, out var preferred))
                    _preferred.Add(reach, preferred = new PreferredVolumes(reach.For(_demand).Where(volume => !IsTaken(volume))));
                if (preferred.FirstExcept(chosen) is { } found && (best is null || _demand.Compare(found, best) < 0))
                    best = found;
            }

            return best;
        }

        public bool CanProvisionOn(NodeRecord node) => _storage.CanProvisionOn(node.Labels, node.HasVolumeFolder);

        private bool IsTaken(V1PersistentVolume volume) => _cluster.VolumeReservations.IsTaken(volume.Metadata.Name, Key);
    }

    private static bool IsAmong(List<(ObjectKey Claim, V1PersistentVolume? Volume)> chosen, V1PersistentVolume volume)
    {
        foreach (var one in chosen)
        {
            if (one.Volume == volume)
                return true;
        }

        return false;
    }

    /// <summary>Volumes in the order in which a claim prefers them, read as far as they are asked for.</summary>
    private sealed class PreferredVolumes(IEnumerable<V1PersistentVolume> volumes)
    {
        private readonly List<V1PersistentVolume> _read = [];
        private readonly IEnumerator<V1PersistentVolume> _rest = volumes.GetEnumerator();

        public V1PersistentVolume? FirstExcept(List<(ObjectKey Claim, V1PersistentVolume? Volume)> chosen)
        {
            for (var i = 0; i < _read.Count || ReadNext(); i++)
            {
                if (!IsAmong(chosen, _read[i]))
                    return _read[i];
            }

            return null;
        }

        private bool ReadNext()
        {
            if (!_rest.MoveNext())
                return false;
            _read.Add(_rest.Current);
            return true;
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
