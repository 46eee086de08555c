using Microsoft.Extensions.Logging;
using Npgsql;

namespace OrleansOrchestrator.Storage.PostgreSql;

/// <summary>
/// Notices that a database holds an older state than clients may have seen: it was restored from a dump, recovered to a point
/// in time, or is a standby that was promoted. It would give revisions out a second time, and a watch that resumes from one of
/// them would silently miss what the lost ones meant. Every shard is therefore moved past them, and its history ends there, so
/// that whoever comes with an earlier revision is told to start over.
/// </summary>
/// <remarks>
/// The server's identifier, the database and the table's number in the catalog make the identity: no dump carries them along.
/// A copy of the server's files has the same, but goes on in a new timeline once it is written to.
/// </remarks>
internal static partial class DatabaseOrigin
{
    // Eleven days of writes at 10,000 a second; revisions are exact in JavaScript's numbers for 900,000 such steps.
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

    // Owners of before, if there still are any, are fenced by the epoch.
    private const string MoveOn = """
        UPDATE resource_shards
        SET epoch = epoch + 1, barrier = 0, head_revision = head_revision + $1, compacted_revision = head_revision + $1
        """;

    // The silos that a dump names use another database, even if they run.
    private const string ForgetMembers = "DELETE FROM orleans_membership";

    /// <summary>Compares the database with what it says that it is. Call it under the migrations' lock.</summary>
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
