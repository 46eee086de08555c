using OrleansOrchestrator.Model.Pods;
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
    private readonly RowVerdicts _admitted = new();
    private readonly RowVerdicts _tolerated = new();

    public SchedulerCache Cache { get; } = cache;

    public NodeTable Nodes => Cache.Nodes;

    /// <summary>The pod to place.</summary>
    public PodInfo Pod { get; private set; } = null!;

    /// <summary>The scores by row; negative where the row is no candidate.</summary>
    public Span<int> Scores => _scores.AsSpan(0, Nodes.RowLimit);

    /// <summary>Scratch space for plugins: a number per row, with arbitrary old values.</summary>
    public Span<int> Scratch => _scratch.AsSpan(0, Nodes.RowLimit);

    /// <summary>Starts over with another pod.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="scores">The scores of nodes by themselves; empty if no node is a candidate yet.</param>
    public void Reset(PodInfo pod, ReadOnlySpan<int> scores)
    {
        Pod = pod;
        _admitted.Clear(Nodes.Capacity);
        _tolerated.Clear(Nodes.Capacity);
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

    /// <summary>Whether the pod's node selector and node affinity admit the node at a row, candidate or not.</summary>
    public bool Admits(int row)
    {
        if (Pod.Shape.NodeAffinity is not { } affinity)
            return true;
        return _admitted[row] ??= affinity.Admits(Nodes.Record(row).Name, Nodes.Record(row).Labels);
    }

    /// <summary>Whether the pod tolerates the taints of the node at a row, candidate or not.</summary>
    public bool Tolerates(int row) =>
        _tolerated[row] ??= Tolerations.FindUntolerated(Nodes.Record(row).Taints, Pod.Shape.Tolerations) is null;
}
