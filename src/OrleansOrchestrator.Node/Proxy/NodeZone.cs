using k8s.Models;
using OrleansOrchestrator.Node.Api;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>The zone of this node, by its label.</summary>
/// <param name="changed">Called when the zone is known or has changed.</param>
internal sealed class NodeZone(Action changed) : IObjectSink<V1Node>
{
    private const string Label = "topology.kubernetes.io/zone";

    private volatile string? _current;

    /// <summary>The zone; empty without one, null until the node is known.</summary>
    public string? Current => _current;

    /// <inheritdoc/>
    public void Replace(IReadOnlyCollection<V1Node> objects) => Set(objects.FirstOrDefault());

    /// <inheritdoc/>
    public void Upsert(V1Node obj) => Set(obj);

    /// <inheritdoc/>
    public void Delete(V1Node obj)
    {
        // Its zone stays that of the machine.
    }

    private void Set(V1Node? node)
    {
        var zone = node?.Metadata.Labels?.TryGetValue(Label, out var labelled) is true ? labelled : "";
        if (_current == zone)
            return;
        _current = zone;
        changed();
    }
}
