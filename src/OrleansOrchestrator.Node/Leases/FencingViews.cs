using k8s.Models;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Node.Api;

namespace OrleansOrchestrator.Node.Leases;

/// <summary>The view by which this node decides, from its node object, kept in the data folder.</summary>
/// <remarks>
/// A view is used only once it is kept, and never one before it: the controller relies on what the node has said it uses.
/// </remarks>
internal sealed class FencingViews : IObjectSink<V1Node>
{
    private readonly string? _file;
    private readonly Lock _lock = new();
    private volatile State _state;
    private volatile string? _told;

    /// <param name="nodeName">The node.</param>
    /// <param name="file">Where the view is kept, or null for a node whose pods end with its process.</param>
    public FencingViews(string nodeName, string? file)
    {
        NodeName = nodeName;
        _file = file;
        _state = Read();
    }

    /// <summary>The node.</summary>
    public string NodeName { get; }

    /// <summary>The view; null if there is none yet.</summary>
    public FencingView? Current => _state.Views is [.., var newest] ? newest : null;

    /// <summary>Whether the node's own vote is enough to run on without the control plane.</summary>
    public bool DecidesAlone => Current is { HoldMin: 1 };

    /// <summary>The id of the view that renewals tell of: the newest by which alone the node acts.</summary>
    /// <param name="isActedBy">
    /// Whether no pod runs on by an earlier view than the one with this id, and the guard has its deadlines. The control plane asks
    /// for the votes of earlier views until it has been told.
    /// </param>
    public string? IdToReport(Func<string, bool> isActedBy)
    {
        if (Current?.Id is { } newest && newest != _told && isActedBy(newest))
            _told = newest;
        return _told;
    }

    /// <summary>Does something in the name of a view, unless there is a newer one by now.</summary>
    /// <returns>Whether it was done.</returns>
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

    /// <summary>Whether a voter is in a view that this node may be asked by.</summary>
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
        // Whoever holds by the last view goes on to; the node registers anew, and gets another.
    }

    private State Read() => _file is not null && File.Exists(_file) && File.ReadAllLines(_file) is [var uid, var views]
        ? new State(uid, FencingView.Parse(views))
        : new State("", []);

    private void Write(State state)
    {
        if (_file is null)
            return;
        var next = _file + ".next";
        File.WriteAllLines(next, [state.Uid, FencingView.Format(state.Views)]);
        File.Move(next, _file, overwrite: true);
    }

    private sealed record State(string Uid, IReadOnlyList<FencingView> Views);
}
