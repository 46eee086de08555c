using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Watch;

/// <summary>What an event tells about its object, from a watcher's point of view.</summary>
public enum WatchEventType
{
    /// <summary>The object now exists, or now matches.</summary>
    Added,

    /// <summary>It changed.</summary>
    Modified,

    /// <summary>It is gone, or no longer matches.</summary>
    Deleted,

    /// <summary>Nothing happened to any object; the watcher has seen everything up to the revision.</summary>
    Bookmark,
}

/// <summary>One event of a watch.</summary>
/// <param name="Type">What it tells.</param>
/// <param name="Revision">Its revision.</param>
/// <param name="Object">The object, whose JSON is shared by all watchers; null for a bookmark.</param>
/// <param name="EndsInitialEvents">On a bookmark: whether the objects present at the start have all been sent.</param>
/// <param name="Previous">The object before, where it is known: it may have matched other selectors.</param>
public readonly record struct WatchEvent(
    WatchEventType Type, long Revision, StoredObject? Object, bool EndsInitialEvents = false, StoredObject? Previous = null);
