using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Placements;

/// <summary>The equivalence classes of the pods that were scheduled lately; the one unused for longest makes room for a new one.</summary>
internal sealed class EquivalenceClassCache(NodeTable nodes, Profile profile, int countMax)
{
    private readonly Dictionary<PodShape, EquivalenceClass> _byShape = [];
    private long _uses;

    /// <summary>The class of a shape, up to date.</summary>
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
