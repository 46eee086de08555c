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

/// <summary>One write for a store to commit, with its precondition.</summary>
/// <param name="Type">The operation.</param>
/// <param name="Namespace">The namespace; empty for cluster scope.</param>
/// <param name="Name">The name.</param>
/// <param name="Json">The object as its definition encodes it; for a deletion its last state, or null to keep the present one.</param>
/// <param name="ExpectedRevision">The revision that the write is based on; unused for a creation.</param>
/// <param name="Claims">The claims that the object holds after the write.</param>
/// <param name="Trace">The activity that it belongs to; null if it is not traced.</param>
/// <param name="Quotas">The quotas of its namespace that it must keep to, in the order of their names, and those that have come since; null if it takes nothing more of any.</param>
/// <param name="SharesClaims">Whether others may hold the claims too.</param>
[GenerateSerializer, Immutable, Alias("ObjectWrite")]
internal sealed record ObjectWrite(
    [property: Id(0)] WriteType Type,
    [property: Id(1)] string Namespace,
    [property: Id(2)] string Name,
    [property: Id(3)] ReadOnlyMemory<byte>? Json,
    [property: Id(4)] long ExpectedRevision,
    [property: Id(5)] IReadOnlyList<string> Claims,
    [property: Id(6)] TraceContext? Trace = null,
    [property: Id(7)] IReadOnlyList<QuotaLimit>? Quotas = null,
    [property: Id(8)] bool SharesClaims = false)
{
    /// <summary>The write with the current activity, unless it has one.</summary>
    public ObjectWrite Traced() => Trace is null && TraceContext.Current is { } trace ? this with { Trace = trace } : this;
}

/// <summary>The outcome of a write.</summary>
internal enum CommitStatus
{
    /// <summary>It is as durable as the resource promises.</summary>
    Committed,

    /// <summary>The object to create exists.</summary>
    AlreadyExists,

    /// <summary>The object to change does not exist.</summary>
    NotFound,

    /// <summary>The object is at another revision than expected.</summary>
    Conflict,

    /// <summary>Another object holds what this one claims; <see cref="CommitResult.Detail"/> says what.</summary>
    ClaimTaken,

    /// <summary>It certainly did not happen, and may be retried.</summary>
    Unavailable,

    /// <summary>Too many writes are waiting. It did not happen.</summary>
    Overloaded,

    /// <summary>Whether it happened is unknown: the store was replaced before it could find out.</summary>
    Unknown,

    /// <summary>It certainly did not happen: the database is away for longer than writes wait.</summary>
    DatabaseAway,

    /// <summary>The object would be too large; <see cref="CommitResult.Detail"/> has the limit.</summary>
    TooLarge,

    /// <summary>Less is left of a quota than the write takes; <see cref="CommitResult.Detail"/> says of which, and of what.</summary>
    QuotaExceeded,
}

/// <summary>A store's answer to one write.</summary>
/// <param name="Status">The outcome.</param>
/// <param name="Object">The object as committed; for a deletion its last state. Null unless committed, and for a deletion that turns
/// out to have happened in an earlier attempt.</param>
/// <param name="Detail">Details where the status does not say enough.</param>
[GenerateSerializer, Immutable, Alias("WriteResult")]
internal sealed record CommitResult(
    [property: Id(0)] CommitStatus Status,
    [property: Id(1)] StoredObject? Object = null,
    [property: Id(2)] string? Detail = null);
