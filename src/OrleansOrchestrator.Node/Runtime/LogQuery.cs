namespace OrleansOrchestrator.Node.Runtime;

/// <summary>The requested part of a log, as in the query of the log subresource.</summary>
internal sealed record LogQuery
{
    public bool Follow { get; init; }

    public bool Timestamps { get; init; }

    /// <summary>Only this many last lines; null means all.</summary>
    public int? TailLines { get; init; }

    /// <summary>Only lines written at this time or later.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Ends the answer after this many bytes, even within a line.</summary>
    public long? LimitBytes { get; init; }
}
