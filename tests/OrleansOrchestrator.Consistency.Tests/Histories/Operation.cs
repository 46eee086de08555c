namespace OrleansOrchestrator.Consistency.Tests.Histories;

/// <summary>What a client asks for.</summary>
internal enum OperationKind
{
    /// <summary>The object must not exist.</summary>
    Create,

    /// <summary>The object must be at the revision that the client names.</summary>
    Replace,

    /// <summary>The object must exist; whatever its revision.</summary>
    Patch,

    /// <summary>The object must exist; whatever its revision.</summary>
    Delete,

    /// <summary>A consistent read.</summary>
    Get,
}

/// <summary>What a client is told.</summary>
internal enum Outcome
{
    /// <summary>It was done.</summary>
    Ok,

    /// <summary>404: there is no such object.</summary>
    Absent,

    /// <summary>409: there is such an object already.</summary>
    Exists,

    /// <summary>409: the object is at another revision than the one named.</summary>
    Conflict,

    /// <summary>It certainly had no effect (429, 503, connection refused, or 409 after too many lost races); nothing else is said.</summary>
    Refused,

    /// <summary>It may have had its effect or not, and may still have it later: time-out, 504, 500, lost connection.</summary>
    Unknown,
}

/// <summary>A version of an object.</summary>
/// <param name="Revision">Its revision.</param>
/// <param name="Value">Its content: unique to the write that made it.</param>
internal readonly record struct Version(long Revision, string Value);

/// <summary>One operation of a client on one object.</summary>
/// <param name="Client">Who did it.</param>
/// <param name="Kind">What it was.</param>
/// <param name="Key">The object.</param>
/// <param name="Invoked">When it was sent, on one monotonic clock for all clients.</param>
/// <param name="Returned">When it was answered, or given up.</param>
/// <param name="Outcome">What the answer was.</param>
internal sealed record Operation(int Client, OperationKind Kind, string Key, long Invoked, long Returned, Outcome Outcome)
{
    /// <summary>What a write was to store; no two writes store the same.</summary>
    public string? Written { get; init; }

    /// <summary>The revision that a <see cref="OperationKind.Replace"/> names.</summary>
    public long Expected { get; init; }

    /// <summary>The version in the answer. A deletion has none.</summary>
    public Version? Shown { get; init; }

    /// <summary>What the server said beside that, for a report.</summary>
    public string? Detail { get; init; }

    /// <summary>Whether it may change an object.</summary>
    public bool IsWrite => Kind != OperationKind.Get;

    public override string ToString() =>
        $"client {Client}: {Kind} {Key}"
        + (Written is null ? "" : $" := {Written}")
        + (Kind == OperationKind.Replace ? $" if at {Expected}" : "")
        + $" -> {Outcome}"
        + (Shown is { } result ? $" {result.Value}@{result.Revision}" : "")
        + (Detail is null ? "" : $" ({Detail})")
        + $" [{Invoked}, {Returned}]";
}
