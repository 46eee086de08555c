using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>How a write ended.</summary>
internal enum WriteStatus
{
    /// <summary>It is durable, as far as the resource promises.</summary>
    Committed,

    /// <summary>The object to create exists.</summary>
    AlreadyExists,

    /// <summary>The object to change does not exist.</summary>
    NotFound,

    /// <summary>The object is at another revision than expected.</summary>
    Conflict,

    /// <summary>Another object holds what this one claims; <see cref="WriteResult.Detail"/> says what.</summary>
    ClaimTaken,

    /// <summary>It certainly did not happen, and may be tried again.</summary>
    Unavailable,

    /// <summary>Too many writes are waiting; it did not happen.</summary>
    Overloaded,

    /// <summary>It may have happened or not: the store was replaced before it could find out.</summary>
    Unknown,

    /// <summary>It certainly did not happen: the database has been away for longer than writes wait for it.</summary>
    DatabaseAway,

    /// <summary>The object would be larger than objects may be; <see cref="WriteResult.Detail"/> says how large that is.</summary>
    TooLarge,
}

/// <summary>The outcome of a write.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Object">The object as committed; for a deletion its last state. Null unless committed, and for a deletion
/// that is found to have happened in an earlier try.</param>
/// <param name="Detail">What to tell, where the status alone does not say it.</param>
[GenerateSerializer, Immutable, Alias("WriteResult")]
internal sealed record WriteResult(
    [property: Id(0)] WriteStatus Status,
    [property: Id(1)] StoredObject? Object = null,
    [property: Id(2)] string? Detail = null);
