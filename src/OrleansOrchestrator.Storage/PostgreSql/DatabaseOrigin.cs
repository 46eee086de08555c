using Microsoft.Extensions.Logging;
using Npgsql;

namespace OrleansOrchestrator.Storage.PostgreSql;

/// <summary>
/// Detects a database with an older state than clients may have seen: restored from a dump, recovered to a point in time, or promoted
/// from a standby. It would assign some revisions a second time, and a watch that resumes from one of them would silently miss changes.
/// So every shard skips past those revisions and its history ends there. Clients with an earlier revision are told to start over.
/// </summary>
/// <remarks>
/// The identity consists of the server's identifier, the database, and the table's number in the catalog: no dump contains these. A
/// copy of the server's files has the same identity, but starts a new timeline when it is written to.
/// </remarks>
internal static partial class DatabaseOrigin
{
    // Eleven days of writes at 10,000 a second. JavaScript's numbers hold revisions exactly for 900,000 such steps.
    private const long RevisionsSkipped = 10_000_000_000;

    private const string ReadPresent = """
        SELECT (SELECT system_identifier FROM pg_control_system())
                || '/' || (SELECT oid FROM pg_database WHERE datname = current_database())
                || '/' || 'resource_shards'::regclass::oid,
            substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
        """;

    private const string ReadKnown = "SELECT identity, timeline FROM database_origin";

    private const string Record = """
        INSERT INTO database_origin (identity, timeline) VALUES ($1, $2)
        ON CONFLICT (is_here) DO UPDATE SET identity = excluded.identity, timeline = excluded.timeline
        """;

    // The epoch fences earlier owners that may still run.
    private const string MoveOn = """
        UPDATE resource_shards
        SET epoch = epoch + 1, barrier = 0, head_revision = head_revision + $1, compacted_revision = head_revision + $1
        """;

    // The silos that a dump names use another database, even if they still run.
    private const string ForgetMembers = "DELETE FROM orleans_membership";

    /// <summary>Compares the database with the identity recorded in it. The caller holds the migrations' lock.</summary>
    public static async Task CheckAsync(NpgsqlConnection connection, ILogger logger, CancellationToken cancellationToken)
    {
        var present = await ReadAsync(connection, ReadPresent, cancellationToken)
            ?? throw new InvalidOperationException("the server does not say what it is");
        var known = await ReadAsync(connection, ReadKnown, cancellationToken);
        if (known == present)
            return;

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (known is { } before)
        {
            await using (var move = new NpgsqlCommand(MoveOn, connection).With(RevisionsSkipped))
                await move.ExecuteNonQueryAsync(cancellationToken);
            if (before.Identity != present.Identity)
            {
                await using var forget = new NpgsqlCommand(ForgetMembers, connection);
                await forget.ExecuteNonQueryAsync(cancellationToken);
            }
        }

        await using (var record = new NpgsqlCommand(Record, connection).With(present.Identity).With(present.Timeline))
            await record.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        if (known is not null)
            LogMoved(logger, RevisionsSkipped);
    }

    private static async Task<(string Identity, string Timeline)?> ReadAsync(
        NpgsqlConnection connection, string statement, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetString(0), reader.GetString(1)) : null;
    }

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "The database is a restored or promoted one: {Revisions} revisions are skipped, and all watches start over")]
    private static partial void LogMoved(ILogger logger, long revisions);
}
