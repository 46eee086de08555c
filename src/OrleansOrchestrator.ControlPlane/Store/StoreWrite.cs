using OrleansOrchestrator.ControlPlane.Telemetry;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>What a write does.</summary>
internal enum WriteType
{
    /// <summary>The object must not exist.</summary>
    Create,

    /// <summary>The object must exist at the expected revision.</summary>
    Replace,

    /// <summary>The object must exist at the expected revision.</summary>
    Delete,
}

/// <summary>One write that a store is asked to commit, with its precondition.</summary>
/// <param name="Type">What it does.</param>
/// <param name="Namespace">The namespace; empty for cluster scope.</param>
/// <param name="Name">The name.</param>
/// <param name="Json">The object as its definition encodes it; for a deletion its last state, or null to keep the present one.</param>
/// <param name="ExpectedRevision">The revision that the write is based on; not used by a creation.</param>
/// <param name="Claims">What the object holds exclusively after the write.</param>
/// <param name="Trace">The activity that it belongs to; null if nobody traces it.</param>
[GenerateSerializer, Immutable, Alias("ObjectWrite")]
internal sealed record ObjectWrite(
    [property: Id(0)] WriteType Type,
    [property: Id(1)] string Namespace,
    [property: Id(2)] string Name,
    [property: Id(3)] ReadOnlyMemory<byte>? Json,
    [property: Id(4)] long ExpectedRevision,
    [property: Id(5)] IReadOnlyList<string> Claims,
    [property: Id(6)] TraceContext? Trace = null)
{
    /// <summary>The write as one of the present activity, unless it already is one of another.</summary>
    public ObjectWrite Traced() => Trace is null && TraceContext.Current is { } trace ? this with { Trace = trace } : this;
}

/// <summary>How a write ended.</summary>
internal enum CommitStatus
{
    /// <summary>It is durable, as far as the resource promises.</summary>
    Committed,

    /// <summary>The object to create exists.</summary>
    AlreadyExists,

    /// <summary>The object to change does not exist.</summary>
    NotFound,

    /// <summary>The object is at another revision than expected.</summary>
    Conflict,

    /// <summary>Another object holds what this one claims; <see cref="CommitResult.Detail"/> says what.</summary>
    ClaimTaken,

    /// <summary>It certainly did not happen, and may be tried again.</summary>
    Unavailable,

    /// <summary>Too many writes are waiting; it did not happen.</summary>
    Overloaded,

    /// <summary>It may have happened or not: the store was replaced before it could find out.</summary>
    Unknown,

    /// <summary>It certainly did not happen: the database has been away for longer than writes wait for it.</summary>
    DatabaseAway,

    /// <summary>The object would be larger than objects may be; <see cref="CommitResult.Detail"/> says how large that is.</summary>
    TooLarge,
}

/// <summary>What a store answers about one write.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Object">The object as committed; for a deletion its last state. Null unless committed, and for a deletion
/// that is found to have happened in an earlier try.</param>
/// <param name="Detail">What to tell, where the status alone does not say it.</param>
[GenerateSerializer, Immutable, Alias("WriteResult")]
internal sealed record CommitResult(
    [property: Id(0)] CommitStatus Status,
    [property: Id(1)] StoredObject? Object = null,
    [property: Id(2)] string? Detail = null);
