using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Placements;

/// <summary>
/// The results of a profile's node filters and scores on all nodes, for pods of one shape. An update re-evaluates the rows that
/// changed, which after a placement is one.
/// </summary>
internal sealed class EquivalenceClass
{
    private readonly PodShape _shape;
    private readonly NodeTable _nodes;
    private readonly INodeFilter[] _nodeOnlyFilters;
    private readonly INodeFilter[] _podFilters;
    private readonly Profile _profile;
    private bool[] _passesNodeOnly = [];
    private WeightedScore<INodeScore>[] _finalScores = [];
    private int[] _scores = [];
    private long _position = -1;
    private int _epoch = -1;

    public EquivalenceClass(PodShape shape, NodeTable nodes, Profile profile)
    {
        _shape = shape;
        _nodes = nodes;
        _profile = profile;
        var filters = profile.FiltersFor(shape);
        _nodeOnlyFilters = [.. filters.Where(filter => filter.ReadsNodeOnly)];
        _podFilters = [.. filters.Where(filter => !filter.ReadsNodeOnly)];
    }

    /// <summary>The weighted sums of final scores by row; negative where a filter rejects the node.</summary>
    public ReadOnlySpan<int> Scores => _scores;

    /// <summary>The scores that need normalisation over the nodes that pass, by row.</summary>
    public (WeightedScore<INodeScore> Score, int[] ByRow)[] RawScores { get; private set; } = [];

    /// <summary>When it was last used, in decisions.</summary>
    public long LastUsed { get; set; }

    /// <summary>The last diagnosis of why no node fits; null if it is outdated.</summary>
    public Unschedulable? Failure { get; set; }

    /// <summary>Updates it from the node table.</summary>
    public void Update()
    {
        var changes = _nodes.Changes;
        if (_epoch == _nodes.Epoch && _position == changes.End)
            return;
        Failure = null;
        // Re-evaluating single rows costs more per row than evaluating all in columns.
        if (_epoch != _nodes.Epoch || _position < changes.Start || changes.End - _position > _scores.Length / 4)
        {
            EvaluateAll();
        }
        else
        {
            for (; _position < changes.End; _position++)
            {
                var (row, nodeChanged) = changes[_position];
                EvaluateRow(row, nodeChanged);
            }
        }

        _epoch = _nodes.Epoch;
        _position = changes.End;
    }

    private void EvaluateAll()
    {
        var rows = _nodes.RowLimit;
        if (_scores.Length != rows)
        {
            _scores = new int[rows];
            _passesNodeOnly = new bool[rows];
        }

        var scores = _profile.ScoresFor(_shape, _nodes);
        _finalScores = [.. scores.Where(score => score.Plugin.Normalization == Normalization.None)];
        RawScores = [.. scores.Where(score => score.Plugin.Normalization != Normalization.None).Select(score => (score, new int[rows]))];

        var traits = _nodes.Columns.Traits;
        for (var row = 0; row < rows; row++)
            _passesNodeOnly[row] = (traits[row] & NodeTraits.IsPresent) != 0;
        foreach (var filter in _nodeOnlyFilters)
            filter.FilterAll(_shape, _nodes, _passesNodeOnly);

        var passes = new bool[rows];
        _passesNodeOnly.CopyTo(passes, 0);
        foreach (var filter in _podFilters)
            filter.FilterAll(_shape, _nodes, passes);

        Array.Clear(_scores);
        foreach (var score in _finalScores)
            score.Plugin.AddAll(_shape, _nodes, passes, _scores, score.Weight);
        for (var row = 0; row < rows; row++)
        {
            if (!passes[row])
                _scores[row] = CandidateSet.NoCandidate;
        }

        foreach (var (score, byRow) in RawScores)
        {
            for (var row = 0; row < rows; row++)
            {
                if (_passesNodeOnly[row])
                    byRow[row] = score.Plugin.Score(_shape, _nodes, row);
            }
        }
    }

    private void EvaluateRow(int row, bool nodeChanged)
    {
        // The row may have lost its node since an older change; a later change in the log says so.
        var isPresent = (_nodes.Columns.Traits[row] & NodeTraits.IsPresent) != 0;
        if (nodeChanged)
        {
            _passesNodeOnly[row] = isPresent && PassesAll(_nodeOnlyFilters, row);
            if (_passesNodeOnly[row])
                ScoreRaw(row);
        }

        var passes = isPresent && _passesNodeOnly[row] && PassesAll(_podFilters, row);
        _scores[row] = passes ? FinalScore(row) : CandidateSet.NoCandidate;
    }

    private bool PassesAll(INodeFilter[] filters, int row)
    {
        foreach (var filter in filters)
        {
            if (!filter.Passes(_shape, _nodes, row))
                return false;
        }

        return true;
    }

    private int FinalScore(int row)
    {
        var sum = 0;
        foreach (var score in _finalScores)
            sum += score.Weight * score.Plugin.Score(_shape, _nodes, row);
        return sum;
    }

    private void ScoreRaw(int row)
    {
        foreach (var (score, byRow) in RawScores)
            byRow[row] = score.Plugin.Score(_shape, _nodes, row);
    }
}
