using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>One change of a resource, as it flows from the store to the caches.</summary>
/// <param name="Type">What happened.</param>
/// <param name="Object">The object after the change; for a deletion its last state at the deletion's revision.</param>
/// <param name="Previous">The object before the change; null if it was added.</param>
[GenerateSerializer, Immutable, Alias("StoredChange")]
internal sealed record StoredChange(
    [property: Id(0)] LogChangeType Type,
    [property: Id(1)] StoredObject Object,
    [property: Id(2)] StoredObject? Previous)
{
    /// <summary>The revision of the change.</summary>
    public long Revision => Object.Revision;

    /// <summary>How many bytes its objects have.</summary>
    public long Bytes => Object.Json.Length + (Previous?.Json.Length ?? 0);
}
