using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>
/// One attempt to place a pod, and what plugins have read for it. Preemption asks the filters again and again with other pods on the nodes, and
/// nothing else changes in between: a plugin that has counted pods adapts its counts (<see cref="IClusterFilter.Note"/>). Reused for all attempts.
/// </summary>
/// <remarks>See CycleState in k8s.io/kube-scheduler/framework.</remarks>
internal sealed class CycleState(NodeTable nodes)
{
    private readonly Dictionary<(IPlugin, Type), object?> _read = [];
    private readonly RowVerdicts _admitted = new();
    private readonly RowVerdicts _tolerated = new();

    /// <summary>The nodes.</summary>
    public NodeTable Nodes => nodes;

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

    /// <summary>What a plugin reads for the attempt, once.</summary>
    public T Read<TPlugin, T>(TPlugin plugin, Func<TPlugin, CycleState, T> read)
        where TPlugin : IPlugin
    {
        if (!_read.TryGetValue((plugin, typeof(T)), out var known))
            _read.Add((plugin, typeof(T)), known = read(plugin, this));
        return (T)known!;
    }

    /// <summary>What a plugin has read; null if it has not.</summary>
    public T? Known<T>(IPlugin plugin)
        where T : class => (T?)_read.GetValueOrDefault((plugin, typeof(T)));

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
