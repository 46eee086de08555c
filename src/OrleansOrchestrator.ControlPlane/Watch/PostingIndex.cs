using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Watch;

/// <summary>
/// Finds objects by label, indexed field or owner without a scan. A selector starts from the shortest list of any of its requirements,
/// and checks the others on those objects only.
/// </summary>
internal sealed class PostingIndex(ResourceDefinition definition)
{
    private readonly record struct Term(TermKind Kind, string Namespace, string Name, string Value);

    private enum TermKind
    {
        Label,
        Field,
        Owner,
    }

    private static readonly ObjectKey[] NoKeys = [];

    private readonly Dictionary<Term, HashSet<ObjectKey>> _postings = [];
    private readonly Dictionary<string, HashSet<string>> _fieldValues = new(StringComparer.Ordinal);

    /// <summary>Replaces an object; either version may be missing.</summary>
    public void Replace(StoredObject? previous, StoredObject? current)
    {
        if (previous is not null && current is not null && previous.SelectsLike(current) && previous.OwnerUids.SequenceEqual(current.OwnerUids))
            return;
        if (previous is not null)
        {
            foreach (var term in Terms(previous))
                Remove(term, previous.Key);
        }

        if (current is not null)
        {
            foreach (var term in Terms(current))
                Add(term, current.Key);
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _postings.Clear();
        _fieldValues.Clear();
    }

    /// <summary>The values that an indexed field has on any object.</summary>
    public List<string> ValuesOf(string path) => _fieldValues.TryGetValue(path, out var values) ? [.. values] : [];

    /// <summary>Keys that include every match of a filter; null if only a scan can tell.</summary>
    public List<ObjectKey>? Candidates(ObjectFilter filter)
    {
        List<HashSet<ObjectKey>>? best = null;
        foreach (var requirement in filter.Fields.Requirements)
        {
            if (requirement.Operator == SelectorOperator.Equals && IsIndexed(requirement.Field))
                best = Shorter(best, Lists([new Term(TermKind.Field, "", requirement.Field, requirement.Value)]));
        }

        if (filter.Namespace.Length > 0)
        {
            foreach (var requirement in filter.Labels.Requirements)
            {
                if (requirement.Operator is SelectorOperator.In or SelectorOperator.Equals)
                    best = Shorter(best, Lists(requirement.Values.Select(value => new Term(TermKind.Label, filter.Namespace, requirement.Key, value))));
            }
        }

        return best is null ? null : [.. best.SelectMany(list => list)];
    }

    /// <summary>The objects with an owner of a uid.</summary>
    public IReadOnlyCollection<ObjectKey> OwnedBy(string uid) =>
        _postings.TryGetValue(new Term(TermKind.Owner, "", "", uid), out var owned) ? [.. owned] : NoKeys;

    private static List<HashSet<ObjectKey>> Shorter(List<HashSet<ObjectKey>>? left, List<HashSet<ObjectKey>> right) =>
        left is null || right.Sum(list => list.Count) < left.Sum(list => list.Count) ? right : left;

    private List<HashSet<ObjectKey>> Lists(IEnumerable<Term> terms)
    {
        var lists = new List<HashSet<ObjectKey>>();
        foreach (var term in terms)
        {
            if (_postings.TryGetValue(term, out var posting))
                lists.Add(posting);
        }

        return lists;
    }

    private bool IsIndexed(string path) => definition.SelectableFields.Any(field => field.Indexed && field.Path == path);

    private List<Term> Terms(StoredObject obj)
    {
        var terms = new List<Term>(obj.Labels.Count + obj.OwnerUids.Count + 1);
        foreach (var (key, value) in obj.Labels)
            terms.Add(new Term(TermKind.Label, obj.Key.Namespace, key, value));
        for (var i = 0; i < definition.SelectableFields.Count; i++)
        {
            if (definition.SelectableFields[i].Indexed)
                terms.Add(new Term(TermKind.Field, "", definition.SelectableFields[i].Path, obj.Fields[i]));
        }

        foreach (var uid in obj.OwnerUids)
            terms.Add(new Term(TermKind.Owner, "", "", uid));
        return terms;
    }

    private void Add(in Term term, in ObjectKey key)
    {
        if (!_postings.TryGetValue(term, out var posting))
        {
            _postings[term] = posting = [];
            if (term.Kind == TermKind.Field)
                (_fieldValues.TryGetValue(term.Name, out var values) ? values : _fieldValues[term.Name] = new(StringComparer.Ordinal)).Add(term.Value);
        }

        posting.Add(key);
    }

    private void Remove(in Term term, in ObjectKey key)
    {
        if (!_postings.TryGetValue(term, out var posting) || !posting.Remove(key) || posting.Count > 0)
            return;
        _postings.Remove(term);
        if (term.Kind == TermKind.Field)
            _fieldValues[term.Name].Remove(term.Value);
    }
}
