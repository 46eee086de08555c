namespace OrleansOrchestrator.Storage.PostgreSql;

/// <summary>Bounds of the PostgreSQL store. The defaults suit a silo beside a server that allows 100 connections.</summary>
public sealed record PostgreSqlOptions
{
    /// <summary>How long one statement may take before the database is asked to cancel it. At least one second.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long to wait for a new connection, or for a free one in the pool. At least one second.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The most connections that one silo opens for commits; each shard uses at most one at a time.</summary>
    public int CommitConnectionsMax { get; init; } = 12;

    /// <summary>The most connections that one silo opens for everything else: loads, watches, leases, and Orleans' own tables.</summary>
    public int ReadConnectionsMax { get; init; } = 20;

    /// <summary>The most changes that one transaction of a trim deletes.</summary>
    public int TrimBatchRows { get; init; } = 2000;

    /// <summary>Finds all faults.</summary>
    /// <returns>One line each; empty if there are none.</returns>
    public IReadOnlyList<string> Faults()
    {
        List<string> faults = [];
        if (CommandTimeout < TimeSpan.FromSeconds(1))
            faults.Add($"{nameof(CommandTimeout)} must be at least one second.");
        if (ConnectTimeout < TimeSpan.FromSeconds(1))
            faults.Add($"{nameof(ConnectTimeout)} must be at least one second.");
        if (CommitConnectionsMax < 1)
            faults.Add($"{nameof(CommitConnectionsMax)} must be at least 1.");
        if (ReadConnectionsMax < 1)
            faults.Add($"{nameof(ReadConnectionsMax)} must be at least 1.");
        if (TrimBatchRows < 1)
            faults.Add($"{nameof(TrimBatchRows)} must be at least 1.");
        return faults;
    }
}
