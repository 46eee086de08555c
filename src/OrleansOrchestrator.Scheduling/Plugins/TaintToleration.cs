using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>Rejects nodes with untolerated taints, and prefers nodes with few taints of effect PreferNoSchedule.</summary>
internal sealed class TaintToleration : INodeFilter, INodeScore
{
    public bool ReadsNodeOnly => true;

    public Normalization Normalization => Normalization.LowerIsBetter;

    public bool Applies(PodShape shape) => true;

    public bool Passes(PodShape shape, NodeTable nodes, int row) =>
        (nodes.Columns.Traits[row] & NodeTraits.HasTaints) == 0
        || Tolerations.FindUntolerated(nodes.Record(row).Taints, shape.Tolerations) is null;

    public Rejection Explain(PodShape shape, NodeTable nodes, int row)
    {
        var taint = Tolerations.FindUntolerated(nodes.Record(row).Taints, shape.Tolerations)!;
        return new Rejection(nameof(TaintToleration), $"node(s) had untolerated taint {{{taint.Key}: {taint.Value}}}", isResolvable: false);
    }

    public bool Applies(PodShape shape, NodeTable nodes) => nodes.HasPreferNoSchedule;

    public int Score(PodShape shape, NodeTable nodes, int row) =>
        Tolerations.CountUntoleratedPreferences(nodes.Record(row).Taints, shape.Tolerations);
}
