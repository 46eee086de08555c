using OrleansOrchestrator.Model.Validation;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;
using OrleansOrchestrator.Scheduling.Telemetry;

namespace OrleansOrchestrator.Scheduling.Placements;

/// <summary>
/// Finds nodes for the pods of one profile in the stages of kube-scheduler: filter, score, select. It changes nothing: the caller
/// assumes the placement in the cache before the next pod.
/// </summary>
public sealed class Scheduler
{
    private readonly SchedulerCache _cache;
    private readonly Profile _profile;
    private readonly int _percentage;
    private readonly EquivalenceClassCache _classes;
    private readonly CycleState _cycle;
    private readonly CandidateSet _candidates;
    private readonly NodeSampler _sampler;
    private readonly List<IClusterFilter> _filters = [];
    private readonly List<WeightedScore<IClusterScore>> _scores = [];

    private Scheduler(SchedulerCache cache, SchedulerOptions options, ProfileOptions profile, PluginRegistry registry, FieldErrors errors)
    {
        _cache = cache;
        _profile = Profile.Create(profile, registry, cache, new Trial(WhyNotWithNominated, Note), FieldPath.Root("profile"), errors);
        _percentage = profile.PercentageOfNodesToScore == 0 ? 100 : profile.PercentageOfNodesToScore;
        _classes = new EquivalenceClassCache(cache.Nodes, _profile, options.EquivalenceClassesMax);
        _cycle = new CycleState(cache.Nodes);
        _candidates = new CandidateSet(cache);
        _sampler = new NodeSampler(cache.Nodes, _profile, _percentage);
    }

    internal Profile Profile => _profile;

    /// <summary>The <c>spec.schedulerName</c> of its pods.</summary>
    public string Name => _profile.SchedulerName;

    /// <summary>Creates the schedulers of all profiles over one cluster.</summary>
    /// <param name="cache">The cluster, kept up to date by the caller.</param>
    /// <param name="options">The options.</param>
    /// <param name="registry">The plugins; the cache must have been made for them.</param>
    /// <returns>The schedulers by name.</returns>
    /// <exception cref="ArgumentException">The options have faults; the message lists all.</exception>
    public static IReadOnlyDictionary<string, Scheduler> CreateAll(SchedulerCache cache, SchedulerOptions options, PluginRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(registry);
        if (options.Faults(registry) is { Count: > 0 } faults)
            throw new ArgumentException(string.Join(' ', faults), nameof(options));
        var errors = new FieldErrors();
        return options.ReadProfiles(errors).ToDictionary(
            profile => profile.SchedulerName, profile => new Scheduler(cache, options, profile, registry, errors), StringComparer.Ordinal);
    }

    /// <summary>Finds the best node for a pod.</summary>
    /// <param name="pod">The pod. The caller or the queue respects its scheduling gates.</param>
    /// <param name="seed">Chooses between nodes of equal score; equal seeds give equal placements.</param>
    public SchedulingResult Schedule(PodInfo pod, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(pod);
        _cycle.Begin(pod);
        if (_cache.NodeCount == 0)
            return NodeDiagnosis.NoNodes;
        if (pod.Shape.IsTooCostly)
            return NodeDiagnosis.TooCostly(_cache.NodeCount, pod.Shape.Comparisons);
        if (PreFilter() is { } refused)
            return refused;

        // A pod keeps its nominated node while it fits there.
        if (_cache.Nominations.NodeOf(pod.Uid) is { } nominated && _cache.Nodes.TryFind(nominated, out var row) && IsPresent(row) && WhyNotWithNominated(pod, row) is null)
            return new Placement(nominated, 0);

        FindApplying();
        return _cache.Nominations.Count == 0 ? Select(pod, ScoreSome(pod), seed) : SelectUnclaimed(pod, seed);
    }

    /// <summary>
    /// Tries to make room for a pod that fits no node. It evicts nothing: the caller deletes the victims, nominates the node in the
    /// pod's status, and schedules the pod again when they are gone.
    /// </summary>
    /// <param name="pod">The pod.</param>
    /// <param name="failure">The result of <see cref="Schedule"/>; the cache must not have changed since.</param>
    /// <param name="seed">Determines where the search starts.</param>
    public PreemptionResult PostFilter(PodInfo pod, Unschedulable failure, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(failure);
        GoOn(pod);
        var result = new PreemptionResult();
        var began = SchedulerInstruments.Begin();
        foreach (var plugin in _profile.PostFilters)
        {
            var pluginBegan = SchedulerInstruments.Begin();
            result = plugin.PostFilter(pod, failure, Mix(seed));
            SchedulerInstruments.PluginEnded(pluginBegan, _profile.NameOf(plugin), "PostFilter", result.NodeName is not null);
            if (result.NodeName is not null)
                break;
        }

        SchedulerInstruments.PointEnded(began, Name, "PostFilter", result.NodeName is not null);
        return result;
    }

    /// <summary>The failure with what keeps the pod from making room for itself, which it waits for too.</summary>
    /// <param name="failure">The failure.</param>
    /// <param name="preemption">What came of it that room was looked for.</param>
    public Unschedulable After(Unschedulable failure, PreemptionResult preemption)
    {
        ArgumentNullException.ThrowIfNull(failure);
        ArgumentNullException.ThrowIfNull(preemption);
        if (preemption.NodeName is not null || preemption.IsAwaitingVictims)
            return failure with { IsOfItAlone = true };
        if (preemption.Rejected.Count == 0)
            return failure;
        var rows = new RowSet();
        var plugins = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (row, name) in preemption.Rejected)
        {
            var plugin = _profile.Find(name);
            if (plugin is INodeFilter)
                rows.Add(row);
            if (plugin?.WakesOn is not (null or ClusterEvents.None))
                plugins.Add(name);
        }

        return failure with { KeptFromPreemptionOn = rows, KeptFromPreemptionBy = plugins, IsOfShape = failure.IsOfShape && plugins.Count == 0 };
    }

    /// <summary>Lets plugins reserve what the placement that <see cref="Schedule"/> found needs beyond the room on the node.</summary>
    /// <returns>Why that is not possible, with nothing left reserved; null on success.</returns>
    public string? Reserve(PodInfo pod, string nodeName)
    {
        GoOn(pod);
        var began = SchedulerInstruments.Begin();
        foreach (var plugin in _profile.Reserves)
        {
            var pluginBegan = SchedulerInstruments.Begin();
            var why = plugin.Reserve(_cycle, nodeName);
            SchedulerInstruments.PluginEnded(pluginBegan, _profile.NameOf(plugin), "Reserve", why is null);
            if (why is null)
                continue;
            _ = Unreserve(pod, nodeName);
            SchedulerInstruments.PointEnded(began, Name, "Reserve", passes: false);
            return why;
        }

        SchedulerInstruments.PointEnded(began, Name, "Reserve");
        return null;
    }

    /// <summary>Ends the reservations in reverse order: the pod is bound, or the placement is undone.</summary>
    /// <returns>What others may have now.</returns>
    public IReadOnlyList<ClusterEvent> Unreserve(PodInfo pod, string nodeName)
    {
        var freed = new List<ClusterEvent>();
        for (var i = _profile.Reserves.Length - 1; i >= 0; i--)
            freed.AddRange(_profile.Reserves[i].Unreserve(pod, nodeName));
        return freed;
    }

    /// <summary>The writes that must succeed before the pod is bound.</summary>
    public IReadOnlyList<PreBindWrite> PreBind(PodInfo pod, string nodeName)
    {
        IReadOnlyList<PreBindWrite> writes = [];
        foreach (var plugin in _profile.PreBinds)
        {
            if (plugin.PreBind(pod, nodeName) is { Count: > 0 } own)
                writes = writes.Count == 0 ? own : [.. writes, .. own];
        }

        return writes;
    }

    /// <summary>How far the preparation of a binding has got after its writes.</summary>
    public PreBindState StateOf(PodInfo pod, string nodeName)
    {
        var state = PreBindState.Done;
        foreach (var plugin in _profile.PreBinds)
        {
            var own = plugin.StateOf(pod, nodeName);
            if (own.Fault is { } fault)
                return PreBindState.Failed($"running PreBind plugin \"{_profile.NameOf(plugin)}\": {fault}");
            if (own != PreBindState.Done)
                state = own;
        }

        return state;
    }

    /// <summary>How long a pod may wait for others before it is bound.</summary>
    public TimeSpan PreBindWaitMax => _profile.PreBinds.Select(plugin => plugin.WaitMax).DefaultIfEmpty().Max();

    /// <summary>Goes on with the attempt of a pod; <see cref="Schedule"/> has begun it, unless the host skipped that.</summary>
    private void GoOn(PodInfo pod)
    {
        if (!ReferenceEquals(_cycle.Pod, pod))
            _cycle.Begin(pod);
    }

    private Unschedulable? PreFilter()
    {
        var began = SchedulerInstruments.Begin();
        foreach (var plugin in _profile.PreFilters)
        {
            var pluginBegan = SchedulerInstruments.Begin();
            var why = plugin.PreFilter(_cycle);
            SchedulerInstruments.PluginEnded(pluginBegan, _profile.NameOf(plugin), "PreFilter", why is null);
            if (why is null)
                continue;
            SchedulerInstruments.PointEnded(began, Name, "PreFilter", passes: false);
            return NodeDiagnosis.RefusedBefore(_cache.NodeCount, _profile.NameOf(plugin), why);
        }

        SchedulerInstruments.PointEnded(began, Name, "PreFilter");
        return null;
    }

    private bool IsPresent(int row) => (_cache.Nodes.Columns.Traits[row] & NodeTraits.IsPresent) != 0;

    private SchedulingResult Select(PodInfo pod, ReadOnlySpan<int> scores, ulong seed)
    {
        var best = RowScan.Max(scores, CandidateSet.NoCandidate);
        return best < 0 ? Explain(pod, _filters.Count > 0) : new Placement(_cache.Nodes.Record(PickOf(scores, best, seed)).Name, best);
    }

    /// <summary>Selects a node where the pod does not take room nominated to pods of the same or a higher priority.</summary>
    private SchedulingResult SelectUnclaimed(PodInfo pod, ulong seed)
    {
        var scores = ScoreSome(pod, mayChange: true);
        var isRejected = false;
        while (true)
        {
            var best = RowScan.Max(scores, CandidateSet.NoCandidate);
            if (best < 0)
                return Explain(pod, isRejected || _filters.Count > 0);
            var row = PickOf(scores, best, seed);
            var name = _cache.Nodes.Record(row).Name;
            if (_cache.Nominations.On(name).Count == 0 || WhyNotWithNominated(pod, row) is not { } rejection)
                return new Placement(name, best);
            _candidates.Reject(row, rejection);
            isRejected = true;
        }
    }

    private static int PickOf(ReadOnlySpan<int> scores, int best, ulong seed) =>
        RowScan.Find(scores, best, (int)(Mix(seed) % (uint)RowScan.Count(scores, best)));

    /// <summary>
    /// Why a pod does not fit a node; null if it fits. It must fit both with and without the pods nominated there, because its affinity
    /// must not depend on pods that do not run yet.
    /// </summary>
    private Rejection? WhyNotWithNominated(PodInfo pod, int row)
    {
        var name = _cache.Nodes.Record(row).Name;
        var claims = _cache.ClaimsAgainst(pod, name);
        if (claims.Count == 0)
            return WhyNot(pod, row);
        var added = claims.ConvertAll(claim => AddForTrial(claim, name));
        try
        {
            if (WhyNot(pod, row) is { } rejection)
                return rejection;
        }
        finally
        {
            added.ForEach(RemoveAfterTrial);
        }

        return WhyNot(pod, row);
    }

    /// <summary>Why a pod does not fit one node by all plugins; null if it fits.</summary>
    private Rejection? WhyNot(PodInfo pod, int row)
    {
        if (NodeDiagnosis.Reject(_profile.FiltersFor(pod.Shape), pod.Shape, _cache.Nodes, row) is { } rejection)
            return rejection;
        foreach (var plugin in _profile.ClusterFilters)
        {
            if (plugin.Filters(_cycle) && plugin.Check(_cycle, row) is { } other)
                return other;
        }

        return null;
    }

    private AssignedPod AddForTrial(PodInfo pod, string nodeName)
    {
        var record = _cache.Add(pod, nodeName);
        Note(record, 1);
        return record;
    }

    private void RemoveAfterTrial(AssignedPod record)
    {
        Note(record, -1);
        _cache.Remove(record);
    }

    /// <summary>Says to plugins that a pod is on its node for a trial (+1), or leaves it (-1).</summary>
    private void Note(AssignedPod pod, int change)
    {
        foreach (var plugin in _profile.ClusterFilters)
            plugin.Note(_cycle, pod, change);
    }

    private void FindApplying()
    {
        _filters.Clear();
        _scores.Clear();
        foreach (var plugin in _profile.ClusterFilters)
        {
            if (plugin.Filters(_cycle))
                _filters.Add(plugin);
        }

        foreach (var score in _profile.ClusterScores)
        {
            if (score.Plugin.Scores(_cycle))
                _scores.Add(score);
        }
    }

    /// <summary>The scores of a sample of the nodes, or of all. A pod whose volumes or neighbours are outside of the sample needs all.</summary>
    private ReadOnlySpan<int> ScoreSome(PodInfo pod, bool mayChange = false)
    {
        if (_percentage < 100)
        {
            var sample = ScoreSample();
            if (_filters.Count == 0 || RowScan.Max(sample, CandidateSet.NoCandidate) >= 0)
                return sample;
        }

        return ScoreAll(pod, mayChange);
    }

    /// <summary>The scores of all nodes.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="mayChange">Whether the caller may remove candidates.</param>
    private ReadOnlySpan<int> ScoreAll(PodInfo pod, bool mayChange = false)
    {
        // The plugins that depend on the node alone are evaluated once for all pods of a class.
        var began = SchedulerInstruments.Begin();
        var known = _classes.Get(pod.Shape);
        if (_filters.Count == 0 && _scores.Count == 0 && known.RawScores.Length == 0 && !mayChange)
        {
            SchedulerInstruments.PointEnded(began, Name, "Filter");
            return known.Scores;
        }

        _candidates.Reset(_cycle, known.Scores);
        FilterByCluster();
        SchedulerInstruments.PointEnded(began, Name, "Filter");
        foreach (var (score, byRow) in known.RawScores)
            RowScan.AddNormalized(_candidates.Scores, byRow, score);
        return ScoreByCluster();
    }

    private ReadOnlySpan<int> ScoreSample()
    {
        var began = SchedulerInstruments.Begin();
        _candidates.Reset(_cycle, []);
        _sampler.Fill(_candidates);
        FilterByCluster();
        SchedulerInstruments.PointEnded(began, Name, "Filter");
        _sampler.AddNormalizedScores(_candidates);
        return ScoreByCluster();
    }

    private void FilterByCluster()
    {
        foreach (var plugin in _filters)
        {
            var began = SchedulerInstruments.Begin();
            plugin.Filter(_candidates);
            SchedulerInstruments.PluginEnded(began, _profile.NameOf(plugin), "Filter");
        }
    }

    private Span<int> ScoreByCluster()
    {
        var began = SchedulerInstruments.Begin();
        foreach (var (plugin, weight) in _scores)
        {
            var pluginBegan = SchedulerInstruments.Begin();
            plugin.Score(_candidates, weight);
            SchedulerInstruments.PluginEnded(pluginBegan, _profile.NameOf(plugin), "Score");
        }

        SchedulerInstruments.PointEnded(began, Name, "Score");
        return _candidates.Scores;
    }

    private Unschedulable Explain(PodInfo pod, bool isOfThisPod)
    {
        // Pods of one class fail for the same reasons if nothing has changed and no plugin depended on the individual pod.
        var known = isOfThisPod ? null : _classes.Get(pod.Shape);
        if (known?.Failure is { } failure)
            return failure;
        failure = NodeDiagnosis.Explain(pod, _cache.Nodes, _profile, isOfThisPod ? _candidates : null);
        if (known is not null)
            known.Failure = failure;
        return failure;
    }

    // SplitMix64: neighbouring seeds must not choose neighbouring nodes.
    private static ulong Mix(ulong seed)
    {
        seed += 0x9E3779B97F4A7C15;
        seed = (seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9;
        seed = (seed ^ (seed >> 27)) * 0x94D049BB133111EB;
        return seed ^ (seed >> 31);
    }
}
