using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>
/// The volumes and nodes that were chosen for claims of assumed pods, until the claims are bound. They are only in memory: what is to
/// outlive the scheduler is written before the pod is bound.
/// </summary>
internal sealed class VolumeReservations
{
    private readonly Dictionary<ObjectKey, VolumeReservation> _byClaim = [];
    private readonly Dictionary<string, ObjectKey> _byVolume = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<VolumeReservation>> _byPod = new(StringComparer.Ordinal);

    /// <summary>The number of claims with a reservation.</summary>
    public int Count => _byClaim.Count;

    /// <summary>The reservation for a claim; null if there is none.</summary>
    public VolumeReservation? Of(ObjectKey claim) => _byClaim.GetValueOrDefault(claim);

    /// <summary>The reservations of a pod.</summary>
    public IReadOnlyList<VolumeReservation> OfPod(string uid) => _byPod.TryGetValue(uid, out var found) ? found : [];

    /// <summary>Whether a volume is reserved for another claim.</summary>
    public bool IsTaken(string volume, ObjectKey claim) => _byVolume.TryGetValue(volume, out var owner) && owner != claim;

    /// <summary>Adds a reservation for a pod. Pods that share a claim share its reservation.</summary>
    public void Add(string podUid, ObjectKey claim, string nodeName, string? volume)
    {
        if (!_byClaim.TryGetValue(claim, out var reservation))
        {
            _byClaim.Add(claim, reservation = new VolumeReservation(claim, nodeName, volume));
            if (volume is not null)
                _byVolume[volume] = claim;
        }

        reservation.Pods.Add(podUid);
        (_byPod.TryGetValue(podUid, out var ofPod) ? ofPod : _byPod[podUid] = []).Add(reservation);
    }

    /// <summary>Removes what was reserved for a pod.</summary>
    /// <returns>The reservations that have ended with it; others are shared with pods that still need them.</returns>
    public IReadOnlyList<VolumeReservation> Remove(string podUid)
    {
        if (!_byPod.Remove(podUid, out var ofPod))
            return [];
        var ended = new List<VolumeReservation>(ofPod.Count);
        foreach (var reservation in ofPod)
        {
            reservation.Pods.Remove(podUid);
            if (reservation.Pods.Count > 0)
                continue;
            _byClaim.Remove(reservation.Claim);
            if (reservation.Volume is { } volume)
                _byVolume.Remove(volume);
            ended.Add(reservation);
        }

        return ended;
    }
}

/// <summary>What was chosen for a claim.</summary>
/// <param name="Claim">The claim.</param>
/// <param name="NodeName">The node of its first consumer.</param>
/// <param name="Volume">The volume; null if one is to be provisioned.</param>
internal sealed record VolumeReservation(ObjectKey Claim, string NodeName, string? Volume)
{
    /// <summary>The pods that it was made for.</summary>
    public HashSet<string> Pods { get; } = new(StringComparer.Ordinal);
}
