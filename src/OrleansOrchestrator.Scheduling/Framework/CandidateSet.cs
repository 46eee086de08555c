using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>The remaining candidate nodes of one pod with their scores so far. Reused for all pods; only cluster plugins use it.</summary>
internal sealed class CandidateSet(SchedulerCache cache)
{
    /// <summary>The score of a row that is no candidate.</summary>
    public const int NoCandidate = -1;

    private int[] _scores = [];
    private Rejection?[] _rejections = [];
    private int[] _scratch = [];
    private float[] _crowds = [];
    private bool _hasRejections;

    public SchedulerCache Cache { get; } = cache;

    public NodeTable Nodes => Cache.Nodes;

    /// <summary>The attempt.</summary>
    public CycleState Cycle { get; private set; } = null!;

    /// <summary>The pod to place.</summary>
    public PodInfo Pod => Cycle.Pod;

    /// <summary>The scores by row; negative where the row is no candidate.</summary>
    public Span<int> Scores => _scores.AsSpan(0, Nodes.RowLimit);

    /// <summary>Scratch space for plugins: a number per row, with arbitrary old values.</summary>
    public Span<int> Scratch => _scratch.AsSpan(0, Nodes.RowLimit);

    /// <summary>Starts over.</summary>
    /// <param name="cycle">The attempt.</param>
    /// <param name="scores">The scores of nodes by themselves; empty if no node is a candidate yet.</param>
    public void Reset(CycleState cycle, ReadOnlySpan<int> scores)
    {
        Cycle = cycle;
        if (_scores.Length < Nodes.RowLimit)
        {
            _scores = new int[Nodes.Capacity];
            _rejections = new Rejection?[Nodes.Capacity];
            _scratch = new int[Nodes.Capacity];
            _crowds = new float[Nodes.Capacity];
        }

        if (_hasRejections)
            Array.Clear(_rejections);
        _hasRejections = false;
        if (scores.IsEmpty)
            Scores.Fill(NoCandidate);
        else
            scores.CopyTo(_scores);
    }

    /// <summary>A number per row, all zero, for summing up pods near each node.</summary>
    public Span<float> ClearedCrowds()
    {
        var crowds = _crowds.AsSpan(0, Nodes.RowLimit);
        crowds.Clear();
        return crowds;
    }

    public bool IsCandidate(int row) => _scores[row] >= 0;

    public void Reject(int row, Rejection rejection)
    {
        _scores[row] = NoCandidate;
        _rejections[row] = rejection;
        _hasRejections = true;
    }

    /// <summary>The rejection of a row by a cluster plugin; null if none rejected it.</summary>
    public Rejection? RejectionOf(int row) => _hasRejections ? _rejections[row] : null;
}
