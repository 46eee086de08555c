namespace OrleansOrchestrator.Node.Api;

/// <summary>The type of a watch event.</summary>
internal enum WatchEventKind
{
    Added,
    Modified,
    Deleted,
    Bookmark,
}

/// <summary>One line of a watch stream. The object is shared and must not be changed.</summary>
internal readonly record struct WatchEvent<T>(WatchEventKind Kind, T Object);

/// <summary>A list answer: the objects, and the revision of the list.</summary>
internal sealed record ObjectList<T>(k8s.Models.V1ListMeta Metadata, IList<T> Items);
