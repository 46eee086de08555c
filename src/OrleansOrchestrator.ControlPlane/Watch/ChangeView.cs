using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Watch;

/// <summary>A change as watchers see it: what it means depends on the filter.</summary>
internal static class ChangeView
{
    /// <summary>What a change means to a filter; null if nothing.</summary>
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

    /// <summary>What a watcher that loses an object gets: the object as it last matched, at the revision of its loss.</summary>
    private static StoredObject LastMatch(StoredChange change) => change.Type == LogChangeType.Deleted || change.Previous is null
        ? change.Object
        : StoredObject.Read(change.Object.Definition, RevisionSplice.Set(change.Previous.Json.Span, change.Revision));
}
