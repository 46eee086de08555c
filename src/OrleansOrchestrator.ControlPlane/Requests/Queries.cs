using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Requests;

/// <summary>Which objects of a resource.</summary>
/// <param name="Namespace">The namespace; empty for all.</param>
/// <param name="Labels">Which labels they must have.</param>
/// <param name="Fields">Which fields they must have.</param>
public sealed record ObjectFilter(string Namespace, LabelSelector Labels, FieldSelector Fields)
{
    /// <summary>All objects.</summary>
    public static ObjectFilter All { get; } = new("", LabelSelector.Everything, FieldSelector.Everything);

    /// <summary>All objects of a namespace.</summary>
    public static ObjectFilter InNamespace(string @namespace) => All with { Namespace = @namespace };

    /// <summary>Whether an object is among them.</summary>
    public bool Matches(StoredObject obj) =>
        (Namespace.Length == 0 || Namespace == obj.Key.Namespace) && Labels.Matches(obj.Labels) && Fields.Matches(obj.Field);
}

/// <summary>How fresh a read must be.</summary>
/// <param name="MinimumRevision">The revision it must have reached; null for the newest.</param>
/// <param name="Exact">Whether it must be at exactly that revision.</param>
public readonly record struct Freshness(long? MinimumRevision, bool Exact = false)
{
    /// <summary>The newest state: no acknowledged write is missed.</summary>
    public static Freshness Latest => new(null);

    /// <summary>Whatever is at hand.</summary>
    public static Freshness Any => new(0);

    /// <summary>At or after a revision.</summary>
    public static Freshness AtLeast(long revision) => new(revision);
}

/// <summary>A page of objects at one revision.</summary>
/// <param name="Objects">The objects in key order.</param>
/// <param name="Revision">The revision of the whole list.</param>
/// <param name="Continue">Where the next page starts; null if this is the last.</param>
/// <param name="RemainingCount">How many follow, where that is known.</param>
public sealed record ObjectPage(IReadOnlyList<StoredObject> Objects, long Revision, string? Continue, long? RemainingCount);

/// <summary>What to list.</summary>
/// <param name="Filter">Which objects.</param>
/// <param name="Freshness">How fresh.</param>
/// <param name="Limit">The most objects of a page; 0 for all.</param>
/// <param name="Continue">The token of the previous page; null for the first.</param>
public sealed record ListQuery(ObjectFilter Filter, Freshness Freshness, int Limit = 0, string? Continue = null);

/// <summary>What to watch.</summary>
/// <param name="Filter">Which objects.</param>
/// <param name="AfterRevision">Changes after this revision; null to begin with the present objects as additions.</param>
/// <param name="InitialFreshness">How fresh the present objects must be, if they are wanted.</param>
public sealed record WatchQuery(ObjectFilter Filter, long? AfterRevision, Freshness InitialFreshness);

/// <summary>A resource, and an object or collection of it, as a request names it.</summary>
/// <param name="Definition">The kind.</param>
/// <param name="Key">The object.</param>
/// <param name="Subresource">The subresource; empty for the object itself.</param>
public readonly record struct ObjectReference(ResourceDefinition Definition, ObjectKey Key, string Subresource = "")
{
    /// <summary>The version that the request speaks; the storage version unless set.</summary>
    public ServedVersion ServedVersion { get => field ?? Definition.Storage; init; }
}
