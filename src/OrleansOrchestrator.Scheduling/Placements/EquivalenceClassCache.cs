using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Placements;

/// <summary>The equivalence classes of recently scheduled pods; a new one replaces the least recently used.</summary>
internal sealed class EquivalenceClassCache(NodeTable nodes, Profile profile, int countMax)
{
    private readonly Dictionary<PodShape, EquivalenceClass> _byShape = [];
    private long _uses;

    /// <summary>The up-to-date class of a shape.</summary>
    public EquivalenceClass Get(PodShape shape)
    {
        if (!_byShape.TryGetValue(shape, out var known))
        {
            if (_byShape.Count >= countMax)
                _byShape.Remove(_byShape.MinBy(pair => pair.Value.LastUsed).Key);
            _byShape.Add(shape, known = new EquivalenceClass(shape, nodes, profile));
        }

        known.LastUsed = ++_uses;
        known.Update();
        return known;
    }
}
