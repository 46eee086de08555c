using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Watch;

/// <summary>A change as a watch with a filter sees it.</summary>
internal static class ChangeView
{
    /// <summary>The event that a change causes for a filter; null if none.</summary>
    public static WatchEvent? For(StoredChange change, ObjectFilter filter)
    {
        var did = change.Type != LogChangeType.Added && filter.Matches(change.Previous ?? change.Object);
        var does = change.Type != LogChangeType.Deleted && filter.Matches(change.Object);
        return (did, does) switch
        {
            (false, true) => new WatchEvent(WatchEventType.Added, change.Revision, change.Object),
            (true, true) => new WatchEvent(WatchEventType.Modified, change.Revision, change.Object, Previous: change.Previous),
            (true, false) => new WatchEvent(WatchEventType.Deleted, change.Revision, LastMatch(change), Previous: change.Previous),
            _ => null,
        };
    }

    /// <summary>The object of a watch event for an object that no longer matches: as it last matched, at the revision of the
    /// change.</summary>
    private static StoredObject LastMatch(StoredChange change) => change.Type == LogChangeType.Deleted || change.Previous is null
        ? change.Object
        : StoredObject.Read(change.Object.Definition, RevisionSplice.Set(change.Previous.Json.Span, change.Revision));
}
