using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>
/// The nominated nodes of pods. The scheduler makes a nomination before the pod's status has it, or reads it from the status. It ends
/// when the status no longer has it, and when the pod has a node.
/// </summary>
internal sealed class Nominations
{
    private readonly Dictionary<string, Nomination> _byUid = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<PodInfo>> _byNode = new(StringComparer.Ordinal);

    /// <summary>The number of nominations.</summary>
    public int Count => _byUid.Count;

    /// <summary>The pods nominated to a node.</summary>
    public IReadOnlyList<PodInfo> On(string nodeName) => _byNode.TryGetValue(nodeName, out var pods) ? pods : [];

    /// <summary>The nominated node of a pod; null if there is none.</summary>
    public string? NodeOf(string uid) => _byUid.TryGetValue(uid, out var known) ? known.NodeName : null;

    /// <summary>Nominates a pod before its status says so.</summary>
    /// <returns>The nomination to another node that has ended with it; null if there is none.</returns>
    public Nomination? Nominate(PodInfo pod, string nodeName) => Set(pod, nodeName, isWritten: false);

    /// <summary>Adopts the nomination in the status of a waiting pod.</summary>
    /// <returns>The nomination that has ended; null if there is none.</returns>
    public Nomination? Note(PodInfo pod)
    {
        _byUid.TryGetValue(pod.Uid, out var known);
        if (pod.NominatedNodeName is { } nodeName)
        {
            // A nomination made here wins over an older status.
            return known is null || known.IsWritten || known.NodeName == nodeName ? Set(pod, nodeName, isWritten: true) : null;
        }

        return known switch
        {
            null => null,
            { IsWritten: true } => Remove(pod.Uid),
            _ => Set(pod, known.NodeName, isWritten: false),
        };
    }

    /// <summary>Ends the nomination of a pod.</summary>
    /// <returns>What has ended; null if it had none.</returns>
    public Nomination? Remove(string uid)
    {
        if (!_byUid.Remove(uid, out var known))
            return null;
        var pods = _byNode[known.NodeName];
        pods.RemoveAll(pod => pod.Uid == uid);
        if (pods.Count == 0)
            _byNode.Remove(known.NodeName);
        return known;
    }

    private Nomination? Set(PodInfo pod, string nodeName, bool isWritten)
    {
        var old = Remove(pod.Uid);
        _byUid.Add(pod.Uid, new Nomination(pod, nodeName, isWritten));
        if (!_byNode.TryGetValue(nodeName, out var pods))
            _byNode.Add(nodeName, pods = []);
        pods.Add(pod);
        return old is null || old.NodeName == nodeName ? null : old;
    }
}

/// <summary>That room is being made for a pod.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="NodeName">Where.</param>
/// <param name="IsWritten">Whether the pod's status says so.</param>
internal sealed record Nomination(PodInfo Pod, string NodeName, bool IsWritten);
