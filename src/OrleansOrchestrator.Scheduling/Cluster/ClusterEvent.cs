using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>A change of the cluster, with the object that changed as it was and as it is.</summary>
public sealed record ClusterEvent
{
    internal ClusterEvent(ClusterEvents kinds) => Kinds = kinds;

    /// <summary>What changed.</summary>
    public ClusterEvents Kinds { get; }

    /// <summary>The node that changed, or the node of the pod that did; null for other objects.</summary>
    public string? NodeName { get; private init; }

    /// <summary>The node before; null if it was not there, or did not change.</summary>
    internal NodeProperties? OldNode { get; private init; }

    /// <summary>The node now; null if it is gone, or did not change.</summary>
    internal NodeProperties? Node { get; private init; }

    /// <summary>The pod before; null if it did not count against the node, or did not change.</summary>
    internal PodInfo? OldPod { get; private init; }

    /// <summary>The pod now; null if it does not count against the node any more, or did not change.</summary>
    internal PodInfo? Pod { get; private init; }

    /// <summary>The key of the object of a plugin's input that changed; null for nodes, pods and namespaces.</summary>
    internal ObjectKey? Key { get; private init; }

    /// <summary>That object before; null if it was not there.</summary>
    internal object? OldObject { get; private init; }

    /// <summary>That object now; null if it is gone.</summary>
    internal object? Object { get; private init; }

    /// <summary>The namespace that changed; null for other objects.</summary>
    internal string? Namespace { get; private init; }

    internal static ClusterEvent OfNode(ClusterEvents kinds, string name, NodeProperties? old, NodeProperties? node) =>
        new(kinds) { NodeName = name, OldNode = old, Node = node };

    internal static ClusterEvent OfPod(PodInfo? old, PodInfo? pod, string nodeName) => new(KindOf(old, pod)) { NodeName = nodeName, OldPod = old, Pod = pod };

    internal static ClusterEvent OfObject(ClusterEvents kinds, ObjectKey key, object? old, object? obj) => new(kinds) { Key = key, OldObject = old, Object = obj };

    internal static ClusterEvent OfNamespace(string name) => new(ClusterEvents.NamespaceChanged) { Namespace = name };

    private static ClusterEvents KindOf(PodInfo? old, PodInfo? pod) => (old, pod) switch
    {
        (null, _) => ClusterEvents.AssignedPodAdded,
        (_, null) => ClusterEvents.AssignedPodRemoved,
        _ => ClusterEvents.AssignedPodChanged,
    };
}
