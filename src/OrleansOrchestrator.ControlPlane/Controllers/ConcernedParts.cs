using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>The parts of primaries that a batch of changes concerns. Too many cost a little, one too few would be missed.</summary>
internal sealed class ConcernedParts
{
    private readonly Dictionary<ObjectKey, HashSet<string>?> _ofKeys = [];
    private HashSet<string>? _ofSelecting = new(StringComparer.Ordinal);

    /// <summary>The parts of the primaries that select one of the changed objects; null for all parts.</summary>
    public IReadOnlySet<string>? OfSelecting => _ofSelecting;

    /// <summary>The parts of a primary; null for all.</summary>
    public IReadOnlySet<string>? Of(ObjectKey key) => _ofKeys.GetValueOrDefault(key);

    /// <summary>Adds what one change concerns.</summary>
    /// <param name="concerned">The primaries.</param>
    /// <param name="parts">The parts of each of them; null for all.</param>
    public void Add(ConcernedPrimaries concerned, IEnumerable<string>? parts)
    {
        if (concerned.Keys.Count == 0 && concerned.Selecting.Count == 0)
            return;
        var names = Read(parts);
        foreach (var key in concerned.Keys)
            _ofKeys[key] = Union(_ofKeys.TryGetValue(key, out var known) ? known : new(StringComparer.Ordinal), names);
        if (concerned.Selecting.Count > 0)
            _ofSelecting = Union(_ofSelecting, names);
    }

    private static string[]? Read(IEnumerable<string>? parts)
    {
        try
        {
            return parts?.ToArray();
        }
        catch (Exception)
        {
            // What cannot be read is of no known part: everything is observed, and the look reports it.
            return null;
        }
    }

    private static HashSet<string>? Union(HashSet<string>? known, string[]? parts)
    {
        if (known is null || parts is null)
            return null;
        known.UnionWith(parts);
        return known;
    }
}
