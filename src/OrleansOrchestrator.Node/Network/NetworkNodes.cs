using System.Collections.Immutable;
using k8s.Models;
using OrleansOrchestrator.Node.Api;

namespace OrleansOrchestrator.Node.Network;

/// <summary>The nodes of the cluster as last seen. Safe for concurrent use.</summary>
/// <param name="changed">Called after a change that matters to the network.</param>
internal sealed class NetworkNodes(Action changed) : IObjectSink<V1Node>
{
    private ImmutableDictionary<string, NetworkNode>? _nodes;

    /// <summary>All nodes by their names; null until they are known.</summary>
    public IReadOnlyDictionary<string, NetworkNode>? All => Volatile.Read(ref _nodes);

    /// <inheritdoc/>
    public void Replace(IReadOnlyCollection<V1Node> objects)
    {
        Volatile.Write(ref _nodes, objects.Select(NetworkNode.Of).ToImmutableDictionary(node => node.Name, StringComparer.Ordinal));
        changed();
    }

    /// <inheritdoc/>
    public void Upsert(V1Node obj)
    {
        var (node, nodes) = (NetworkNode.Of(obj), _nodes ?? ImmutableDictionary.Create<string, NetworkNode>(StringComparer.Ordinal));

        // Nodes report often, and what the network needs of them seldom changes.
        if (node.SameAs(nodes.GetValueOrDefault(node.Name)))
            return;
        Volatile.Write(ref _nodes, nodes.SetItem(node.Name, node));
        changed();
    }

    /// <inheritdoc/>
    public void Delete(V1Node obj)
    {
        if (_nodes?.ContainsKey(obj.Metadata.Name) is not true)
            return;
        Volatile.Write(ref _nodes, _nodes.Remove(obj.Metadata.Name));
        changed();
    }
}
