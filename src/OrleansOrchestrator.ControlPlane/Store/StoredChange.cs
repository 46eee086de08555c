using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>One change of a resource, as it flows from the store to the caches.</summary>
/// <remarks>The object before the change does not cross silos: followers have it already, and readers of the past get it beside the
/// changes (<see cref="ChangeBatch.Previous"/>). Serialization id 2 belonged to it and stays unused.</remarks>
/// <param name="Type">What happened.</param>
/// <param name="Object">The object after the change; for a deletion its last state at the deletion's revision.</param>
[GenerateSerializer, Immutable, Alias("StoredChange")]
internal sealed record StoredChange([property: Id(0)] LogChangeType Type, [property: Id(1)] StoredObject Object)
{
    /// <summary>Makes a change with a known previous object.</summary>
    public StoredChange(LogChangeType type, StoredObject obj, StoredObject? previous)
        : this(type, obj) => Previous = previous;

    /// <summary>The object before the change; null if it was added, or is unknown here.</summary>
    [field: NonSerialized]
    public StoredObject? Previous { get; init; }

    /// <summary>The revision of the change.</summary>
    public long Revision => Object.Revision;

    /// <summary>The bytes of its objects.</summary>
    public long Bytes => Object.Json.Length + (Previous?.Json.Length ?? 0);
}
