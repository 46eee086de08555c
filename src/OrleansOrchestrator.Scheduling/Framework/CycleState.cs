using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>
/// One attempt to place a pod, and what plugins have read for it: of other objects, and of node objects, but not of pods. Preemption asks the
/// filters again and again with other pods on the nodes, and nothing else changes in between. Reused for all attempts.
/// </summary>
/// <remarks>See CycleState in k8s.io/kube-scheduler/framework.</remarks>
internal sealed class CycleState(NodeTable nodes)
{
    private readonly Dictionary<IPlugin, object?> _read = [];
    private readonly RowVerdicts _admitted = new();
    private readonly RowVerdicts _tolerated = new();

    /// <summary>The pod to place.</summary>
    public PodInfo Pod { get; private set; } = null!;

    /// <summary>Starts another attempt.</summary>
    public void Begin(PodInfo pod)
    {
        Pod = pod;
        _read.Clear();
        _admitted.Clear(nodes.Capacity);
        _tolerated.Clear(nodes.Capacity);
    }

    /// <summary>What a plugin reads for the attempt. It is read once; the pods on the nodes must not matter to it.</summary>
    public T Read<TPlugin, T>(TPlugin plugin, Func<TPlugin, PodInfo, T> read)
        where TPlugin : IPlugin
    {
        if (!_read.TryGetValue(plugin, out var known))
            _read.Add(plugin, known = read(plugin, Pod));
        return (T)known!;
    }

    /// <summary>Whether the pod's node selector and node affinity admit the node at a row, candidate or not.</summary>
    public bool Admits(int row)
    {
        if (Pod.Shape.NodeAffinity is not { } affinity)
            return true;
        return _admitted[row] ??= affinity.Admits(nodes.Record(row).Name, nodes.Record(row).Labels);
    }

    /// <summary>Whether the pod tolerates the taints of the node at a row, candidate or not.</summary>
    public bool Tolerates(int row) => _tolerated[row] ??= Tolerations.FindUntolerated(nodes.Record(row).Taints, Pod.Shape.Tolerations) is null;
}
