using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Watch;

/// <summary>The meaning of an event to its watcher.</summary>
public enum WatchEventType
{
    /// <summary>The object was created, or now matches.</summary>
    Added,

    /// <summary>The object changed.</summary>
    Modified,

    /// <summary>The object is gone, or no longer matches.</summary>
    Deleted,

    /// <summary>No object changed; the watcher has seen everything up to the revision.</summary>
    Bookmark,
}

/// <summary>One event of a watch.</summary>
/// <param name="Type">The meaning.</param>
/// <param name="Revision">Its revision.</param>
/// <param name="Object">The object, whose JSON is shared by all watchers; null for a bookmark.</param>
/// <param name="EndsInitialEvents">On a bookmark: whether the objects present at the start have all been sent.</param>
/// <param name="Previous">The previous object if it is known: it may have matched other selectors.</param>
public readonly record struct WatchEvent(
    WatchEventType Type, long Revision, StoredObject? Object, bool EndsInitialEvents = false, StoredObject? Previous = null);
