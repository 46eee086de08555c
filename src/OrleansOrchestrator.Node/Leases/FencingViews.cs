using k8s.Models;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Leases;

/// <summary>The view by which this node decides. It comes from the node object and is kept in the data folder.</summary>
/// <remarks>
/// A view is stored before it is used, and the node never returns to an earlier one: the controller relies on the view that the node
/// has reported.
/// </remarks>
internal sealed class FencingViews : IObjectSink<V1Node>
{
    private readonly string? _file;
    private readonly Lock _lock = new();
    private volatile State _state;
    private volatile string? _reported;

    /// <param name="nodeName">The node.</param>
    /// <param name="file">The file of the view; null for a node whose pods end with its process.</param>
    public FencingViews(string nodeName, string? file)
    {
        NodeName = nodeName;
        _file = file;
        _state = Read();
    }

    /// <summary>The node's name.</summary>
    public string NodeName { get; }

    /// <summary>The view; null if there is none yet.</summary>
    public FencingView? Current => _state.Views is [.., var newest] ? newest : null;

    /// <summary>Whether the node's own vote suffices to run on without the control plane.</summary>
    public bool DecidesAlone => Current is { HoldMin: 1 };

    /// <summary>The id of the view that renewals report: the newest view by which alone the node acts.</summary>
    /// <param name="isActedBy">
    /// Whether no pod runs by an earlier view than the one with this id, and the guard has its deadlines. Until the node reports it,
    /// the control plane asks for the votes of earlier views.
    /// </param>
    public string? IdToReport(Func<string, bool> isActedBy)
    {
        if (Current?.Id is { } newest && newest != _reported && isActedBy(newest))
            _reported = newest;
        return _reported;
    }

    /// <summary>Runs an action based on a view, unless there is a newer view.</summary>
    /// <returns>Whether it ran.</returns>
    public bool TryActBy(FencingView view, Action action)
    {
        lock (_lock)
        {
            if (Current?.Id != view.Id)
                return false;
            action();
            return true;
        }
    }

    /// <summary>Whether a voter belongs to a view whose members may ask this node.</summary>
    public bool IsPeer(string voter) => _state.Views.Any(view => view.Members.Any(member => member.Voter == voter));

    public void Replace(IReadOnlyCollection<V1Node> objects)
    {
        foreach (var node in objects)
            Upsert(node);
    }

    public void Upsert(V1Node obj)
    {
        if (obj.Metadata.Name != NodeName || FencingView.Of(obj) is not [.., var newest] views)
            return;
        lock (_lock)
        {
            var known = _state;
            if (known.Uid == obj.Metadata.Uid && Current is { } current && (newest.Number < current.Number || views.SequenceEqual(known.Views)))
                return;
            var state = new State(obj.Metadata.Uid, views);
            Write(state);
            _state = state;
        }
    }

    public void Delete(V1Node obj)
    {
        // A node that runs on by the last view continues to. It registers again and gets another view.
    }

    private State Read() => _file is not null && File.Exists(_file) && File.ReadAllLines(_file) is [var uid, var views]
        ? new State(uid, FencingView.Parse(views))
        : new State("", []);

    private void Write(State state)
    {
        if (_file is not null)
            WholeFile.Write(_file, $"{state.Uid}\n{FencingView.Format(state.Views)}\n");
    }

    private sealed record State(string Uid, IReadOnlyList<FencingView> Views);
}
