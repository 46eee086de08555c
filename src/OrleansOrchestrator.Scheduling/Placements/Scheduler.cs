using k8s.Models;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Plugins;
using OrleansOrchestrator.Scheduling.Pods;
using OrleansOrchestrator.Scheduling.Preemption;

namespace OrleansOrchestrator.Scheduling.Placements;

/// <summary>
/// Finds nodes for pods in the stages of kube-scheduler: filter, score, select. It decides and changes nothing; the
/// caller assumes the placement in the cache before it asks for the next pod.
/// </summary>
public sealed class Scheduler
{
    private readonly SchedulerCache _cache;
    private readonly SchedulerOptions _options;
    private readonly NodePlugins _plugins;
    private readonly ShapeEvaluations _evaluations;
    private readonly CandidateSet _candidates;
    private readonly NodeSampler _sampler;
    private readonly Preemptor _preemptor;
    private readonly List<IClusterPlugin> _applying = [];

    /// <summary>Creates a scheduler over a cluster.</summary>
    /// <param name="cache">The cluster, which the caller keeps up to date.</param>
    /// <param name="options">How to decide.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public Scheduler(SchedulerCache cache, SchedulerOptions options)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _cache = cache;
        _options = options;
        _plugins = new NodePlugins(options);
        _evaluations = new ShapeEvaluations(cache.Nodes, _plugins, options.EvaluationsMax);
        _candidates = new CandidateSet(cache);
        _sampler = new NodeSampler(cache.Nodes, _plugins, options.NodesToScorePercentage);
        _preemptor = new Preemptor(cache, new VictimSearch(cache, WhyNot), options.PreemptionCandidatesMax);
    }

    /// <summary>Finds the best node for a pod.</summary>
    /// <param name="pod">The pod; its scheduling gates are the caller's (or the queue's) to respect.</param>
    /// <param name="seed">Decides between nodes of equal score; equal seeds give equal placements.</param>
    public SchedulingResult Schedule(PodInfo pod, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(pod);
        if (_cache.NodeCount == 0)
            return NodeDiagnosis.NoNodes;
        if (pod.Shape.IsTooCostly)
            return NodeDiagnosis.TooCostly(_cache.NodeCount, pod.Shape.Comparisons);
        if (pod.Shape.NodeAffinity?.NodeNames is { Count: 0 })
            return NodeDiagnosis.ContradictoryNames(_cache.NodeCount, _plugins);

        FindApplying(pod);
        var scores = _options.NodesToScorePercentage < 100 ? ScoreSample(pod) : ScoreAll(pod);
        var best = RowScan.Max(scores, CandidateSet.NoCandidate);
        if (best < 0)
            return Explain(pod);

        var ties = RowScan.Count(scores, best);
        var row = RowScan.Find(scores, best, (int)(Mix(seed) % (uint)ties));
        return new Placement(_cache.Nodes.Record(row).Name, best);
    }

    /// <summary>
    /// Looks for pods of lower priority to evict, so that a pod fits that fits nowhere now. It evicts nobody; the caller
    /// deletes the victims, nominates the node in the pod's status, and schedules the pod again when they are gone.
    /// </summary>
    /// <param name="pod">The pod.</param>
    /// <param name="failure">What <see cref="Schedule"/> just said about it, with no change of the cache since.</param>
    /// <param name="budgets">The disruption budgets, which are violated only where nothing else helps.</param>
    /// <param name="seed">Decides where the search starts.</param>
    public PreemptionResult Preempt(PodInfo pod, Unschedulable failure, IReadOnlyList<V1PodDisruptionBudget> budgets, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(failure);
        ArgumentNullException.ThrowIfNull(budgets);
        return _preemptor.Preempt(pod, failure, budgets, Mix(seed));
    }

    /// <summary>Why a pod does not fit on one node, all plugins asked; null if it fits.</summary>
    private Rejection? WhyNot(PodInfo pod, int row)
    {
        if (NodeDiagnosis.Reject(_plugins.FiltersFor(pod.Shape), pod.Shape, _cache.Nodes, row) is { } rejection)
            return rejection;
        FindApplying(pod);
        if (_applying.Count == 0)
            return null;
        _candidates.Reset(pod, []);
        _candidates.Scores[row] = 0;
        FilterByCluster();
        return _candidates.RejectionOf(row);
    }

    private void FindApplying(PodInfo pod)
    {
        _applying.Clear();
        foreach (var plugin in _plugins.Cluster)
        {
            if (plugin.Applies(pod, _cache))
                _applying.Add(plugin);
        }
    }

    private ReadOnlySpan<int> ScoreAll(PodInfo pod)
    {
        var evaluation = _evaluations.Get(pod.Shape);
        if (_applying.Count == 0 && evaluation.RawScores.Length == 0)
            return evaluation.Scores;
        _candidates.Reset(pod, evaluation.Scores);
        FilterByCluster();
        foreach (var (plugin, byRow) in evaluation.RawScores)
            RowScan.AddNormalized(_candidates.Scores, byRow, plugin);
        return ScoreByCluster();
    }

    private ReadOnlySpan<int> ScoreSample(PodInfo pod)
    {
        _candidates.Reset(pod, []);
        _sampler.Fill(_candidates);
        FilterByCluster();
        _sampler.AddNormalizedScores(_candidates);
        return ScoreByCluster();
    }

    private void FilterByCluster()
    {
        foreach (var plugin in _applying)
            plugin.Filter(_candidates);
    }

    private Span<int> ScoreByCluster()
    {
        foreach (var plugin in _applying)
            plugin.Score(_candidates);
        return _candidates.Scores;
    }

    private Unschedulable Explain(PodInfo pod)
    {
        // Pods of one template fail alike as long as nothing changes and no plugin looks at the single pod.
        var evaluation = _applying.Count == 0 ? _evaluations.Get(pod.Shape) : null;
        if (evaluation?.Failure is { } known)
            return known;
        var failure = NodeDiagnosis.Explain(pod, _cache.Nodes, _plugins, _applying.Count > 0 ? _candidates : null);
        if (evaluation is not null)
            evaluation.Failure = failure;
        return failure;
    }

    // SplitMix64: neighbouring seeds must not pick neighbouring nodes.
    private static ulong Mix(ulong seed)
    {
        seed += 0x9E3779B97F4A7C15;
        seed = (seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9;
        seed = (seed ^ (seed >> 27)) * 0x94D049BB133111EB;
        return seed ^ (seed >> 31);
    }
}
