using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Placements;

/// <summary>The evaluations of the shapes that were scheduled lately; the one unused for longest makes room for a new one.</summary>
internal sealed class ShapeEvaluations(NodeTable nodes, NodePlugins plugins, int countMax)
{
    private readonly Dictionary<PodShape, ShapeEvaluation> _byShape = [];
    private long _uses;

    /// <summary>The evaluation of a shape, up to date.</summary>
    public ShapeEvaluation Get(PodShape shape)
    {
        if (!_byShape.TryGetValue(shape, out var evaluation))
        {
            if (_byShape.Count >= countMax)
                _byShape.Remove(_byShape.MinBy(pair => pair.Value.LastUsed).Key);
            _byShape.Add(shape, evaluation = new ShapeEvaluation(shape, nodes, plugins));
        }

        evaluation.LastUsed = ++_uses;
        evaluation.Update();
        return evaluation;
    }
}
