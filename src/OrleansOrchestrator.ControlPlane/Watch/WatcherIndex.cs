using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Watch;

/// <summary>
/// Files watchers under the narrowest part of their filter: one object, an indexed field's value, a namespace, or everything. An event
/// is offered only to the watchers filed under its object: with thousands of node daemons that each watch their <c>spec.nodeName</c> it
/// costs a look-up.
/// </summary>
internal sealed class WatcherIndex(ResourceDefinition definition)
{
    private readonly record struct Interest(int Field, string Namespace, string Value);

    private const int Everything = -1;
    private const int OneObject = -2;

    private readonly Dictionary<Interest, List<Watcher>> _watchers = [];
    private readonly int[] _indexedFields =
        [.. Enumerable.Range(0, definition.SelectableFields.Count).Where(i => definition.SelectableFields[i].Indexed)];

    /// <summary>The number of watchers.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a watcher.</summary>
    public void Add(Watcher watcher)
    {
        var interest = InterestOf(watcher);
        if (!_watchers.TryGetValue(interest, out var filed))
            _watchers[interest] = filed = [];
        filed.Add(watcher);
        Count++;
    }

    /// <summary>Removes a watcher.</summary>
    public void Remove(Watcher watcher)
    {
        var interest = InterestOf(watcher);
        if (!_watchers.TryGetValue(interest, out var filed) || !filed.Remove(watcher))
            return;
        Count--;
        if (filed.Count == 0)
            _watchers.Remove(interest);
    }

    /// <summary>All watchers.</summary>
    public IEnumerable<Watcher> All() => _watchers.Values.SelectMany(filed => filed);

    /// <summary>All watchers that a change may concern.</summary>
    public IReadOnlyList<Watcher> ConcernedBy(StoredChange change)
    {
        if (_watchers.Count == 0)
            return [];
        var concerned = new List<Watcher>();
        var obj = change.Object;
        Add(new Interest(Everything, "", ""), concerned);
        if (obj.Key.Namespace.Length > 0)
            Add(new Interest(Everything, obj.Key.Namespace, ""), concerned);
        Add(new Interest(OneObject, obj.Key.Namespace, obj.Key.Name), concerned);
        foreach (var field in _indexedFields)
        {
            Add(new Interest(field, "", obj.Fields[field]), concerned);
            if (change.Previous is { } previous && previous.Fields[field] != obj.Fields[field])
                Add(new Interest(field, "", previous.Fields[field]), concerned);
        }

        return concerned;
    }

    private void Add(in Interest interest, List<Watcher> concerned)
    {
        if (_watchers.TryGetValue(interest, out var filed))
            concerned.AddRange(filed);
    }

    private Interest InterestOf(Watcher watcher)
    {
        var filter = watcher.Filter;
        foreach (var requirement in filter.Fields.Requirements)
        {
            if (requirement.Operator != SelectorOperator.Equals)
                continue;
            if (requirement.Field == "metadata.name" && (filter.Namespace.Length > 0 || !definition.Namespaced))
                return new Interest(OneObject, filter.Namespace, requirement.Value);
            foreach (var field in _indexedFields)
            {
                if (definition.SelectableFields[field].Path == requirement.Field)
                    return new Interest(field, "", requirement.Value);
            }
        }

        return new Interest(Everything, filter.Namespace, "");
    }
}
