namespace OrleansOrchestrator.Node.Api;

/// <summary>What happened to the object of a watch event.</summary>
internal enum WatchEventKind
{
    Added,
    Modified,
    Deleted,
    Bookmark,
}

/// <summary>One line of a watch stream. The object is shared and must not be changed.</summary>
internal readonly record struct WatchEvent<T>(WatchEventKind Kind, T Object);

/// <summary>A list answer: the objects, and the revision they were read at.</summary>
internal sealed record ObjectList<T>(k8s.Models.V1ListMeta Metadata, IList<T> Items);
