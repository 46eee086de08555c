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
    public void Nominate(PodInfo pod, string nodeName) => Set(pod, nodeName, isWritten: false);

    /// <summary>Adopts the nomination in the status of a waiting pod.</summary>
    /// <returns>Whether a nomination has ended.</returns>
    public bool Note(PodInfo pod)
    {
        if (pod.NominatedNodeName is { } nodeName)
        {
            // A nomination made here wins over an older status.
            if (!_byUid.TryGetValue(pod.Uid, out var known) || known.IsWritten || known.NodeName == nodeName)
                Set(pod, nodeName, isWritten: true);
            return false;
        }

        if (!_byUid.TryGetValue(pod.Uid, out var present))
            return false;
        if (present.IsWritten)
            return Remove(pod.Uid);
        Set(pod, present.NodeName, isWritten: false);
        return false;
    }

    /// <summary>Ends the nomination of a pod.</summary>
    /// <returns>False if there was none.</returns>
    public bool Remove(string uid)
    {
        if (!_byUid.Remove(uid, out var known))
            return false;
        var pods = _byNode[known.NodeName];
        pods.RemoveAll(pod => pod.Uid == uid);
        if (pods.Count == 0)
            _byNode.Remove(known.NodeName);
        return true;
    }

    private void Set(PodInfo pod, string nodeName, bool isWritten)
    {
        Remove(pod.Uid);
        _byUid.Add(pod.Uid, new Nomination(nodeName, isWritten));
        if (!_byNode.TryGetValue(nodeName, out var pods))
            _byNode.Add(nodeName, pods = []);
        pods.Add(pod);
    }

    private readonly record struct Nomination(string NodeName, bool IsWritten);
}
