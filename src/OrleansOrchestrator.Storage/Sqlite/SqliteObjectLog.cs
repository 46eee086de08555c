using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.Storage.Sqlite;

/// <summary>The object log of a cluster on one machine. No other process can own a shard, so that there are no leases.</summary>
/// <param name="database">The file. It belongs to the caller, who disposes of it after the log.</param>
/// <param name="time">The clock that measures the age of changes for trimming.</param>
public sealed class SqliteObjectLog(SqliteDatabase database, TimeProvider time) : IObjectLog
{
    // A page of this many objects of 2.5 KB is well below a megabyte.
    private const int LoadPageRows = 256;

    // The rows of one trim step. A commit waits for one step at most, so that this bounds its delay.
    private const int TrimBatchRows = 2000;

    /// <inheritdoc/>
    public Task<ShardOpening> OpenAsync(ShardId shard, CancellationToken cancellationToken) =>
        database.WriteAsync(
            connection =>
            {
                using var command = connection.Command(SqliteStatements.Open).With(shard);
                using var reader = command.ExecuteReader();
                reader.Read();
                return new ShardOpening(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), TimeSpan.Zero);
            },
            cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<LogObject> LoadAsync(ShardId shard, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var connection = await database.RunAsync(database.OpenReader);
        using var command = connection.Command(SqliteStatements.Load).With(shard);
        using var reader = await database.RunAsync(command.ExecuteReader);
        List<LogObject> page;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            page = await database.RunAsync(() => ReadPage(reader));
            foreach (var stored in page)
                yield return stored;
        }
        while (page.Count == LoadPageRows);
    }

    /// <inheritdoc/>
    public async Task CommitAsync(ShardId shard, long epoch, LogCommit commit, CancellationToken cancellationToken)
    {
        var rows = CommitRows.From(commit);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (!await database.WriteAsync(connection => SqliteCommit.Execute(connection, shard, epoch, commit, rows, now), cancellationToken))
            throw new FencedException(shard, epoch);
    }

    /// <inheritdoc/>
    public Task<long> ReadHeadAsync(ShardId shard, long epoch, CancellationToken cancellationToken) =>
        database.WriteAsync(
            connection =>
            {
                using var command = connection.Command(SqliteStatements.RaiseBarrier).With(shard).With("$epoch", epoch);
                return command.ExecuteScalar() is long head ? head : throw new FencedException(shard, epoch);
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task RenewLeaseAsync(ShardId shard, long epoch, TimeSpan leaseDuration, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
            {
                using var command = connection.Command(SqliteStatements.ReadEpoch).With(shard);
                return command.ExecuteScalar() is long newest && newest == epoch ? true : throw new FencedException(shard, epoch);
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task ReleaseAsync(ShardId shard, long epoch, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task<IReadOnlyList<LogChange>> ReadChangesAsync(
        ShardId shard, long afterRevision, int limit, long bytesMax, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return database.ReadAsync<IReadOnlyList<LogChange>>(
            connection =>
            {
                // One snapshot for both reads, so that no trim comes between them.
                using var snapshot = connection.BeginTransaction(deferred: true);
                var compacted = ReadCompacted(connection, snapshot, shard);
                return compacted > afterRevision
                    ? throw new CompactedException(compacted)
                    : ReadChanges(connection, snapshot, shard, afterRevision, limit, bytesMax);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<long> TrimAsync(ShardId shard, TimeSpan minimumAge, long minimumCount, CancellationToken cancellationToken)
    {
        bool advanced;
        do
        {
            var before = (time.GetUtcNow() - minimumAge).ToUnixTimeMilliseconds();
            advanced = await ExecuteAsync(
                SqliteStatements.Compact,
                command => command.With(shard).With("$count", minimumCount).With("$before", before).With("$batch", TrimBatchRows),
                cancellationToken) > 0;
            await DeleteObsoleteAsync(shard, cancellationToken);
        }
        while (advanced);

        return await database.ReadAsync(connection => ReadCompacted(connection, null, shard), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static List<LogObject> ReadPage(SqliteDataReader reader)
    {
        List<LogObject> page = [];
        while (page.Count < LoadPageRows && reader.Read())
            page.Add(new LogObject(reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetFieldValue<byte[]>(3)));
        return page;
    }

    private static long ReadCompacted(SqliteConnection connection, SqliteTransaction? snapshot, ShardId shard)
    {
        using var command = connection.Command(SqliteStatements.ReadCompacted, snapshot).With(shard);
        return command.ExecuteScalar() as long? ?? 0;
    }

    private static List<LogChange> ReadChanges(
        SqliteConnection connection, SqliteTransaction snapshot, ShardId shard, long afterRevision, int limit, long bytesMax)
    {
        using var command = connection.Command(SqliteStatements.ReadChanges, snapshot).With(shard)
            .With("$after", afterRevision).With("$limit", limit);
        using var reader = command.ExecuteReader();
        List<LogChange> changes = [];
        var bytes = 0L;
        while (reader.Read())
        {
            var change = new LogChange(
                reader.GetInt64(0),
                (LogChangeType)reader.GetInt16(1),
                reader.GetString(2),
                reader.GetString(3),
                reader.GetFieldValue<byte[]>(4),
                reader.IsDBNull(5) ? default(ReadOnlyMemory<byte>?) : reader.GetFieldValue<byte[]>(5));
            bytes += change.Value.Length + (change.Previous?.Length ?? 0);
            if (changes.Count > 0 && bytes > bytesMax)
                break;
            changes.Add(change);
        }

        return changes;
    }

    private async Task DeleteObsoleteAsync(ShardId shard, CancellationToken cancellationToken)
    {
        while (await database.WriteAsync(connection => DeleteObsolete(connection, shard), cancellationToken))
            cancellationToken.ThrowIfCancellationRequested();
    }

    private static bool DeleteObsolete(SqliteConnection connection, ShardId shard)
    {
        using var transaction = connection.BeginTransaction();
        using var next = connection.Command(SqliteStatements.NextTrimStep, transaction).With(shard).With("$batch", TrimBatchRows);
        if (next.ExecuteScalar() is not long done)
            return false;

        using var delete = connection.Command(SqliteStatements.DeleteObsolete, transaction).With(shard).With("$done", done);
        delete.ExecuteNonQuery();
        using var note = connection.Command(SqliteStatements.NoteTrimmed, transaction).With(shard).With("$done", done);
        note.ExecuteNonQuery();
        transaction.Commit();
        return true;
    }

    private Task<int> ExecuteAsync(string statement, Action<SqliteCommand> bind, CancellationToken cancellationToken) =>
        database.WriteAsync(
            connection =>
            {
                using var command = connection.Command(statement);
                bind(command);
                return command.ExecuteNonQuery();
            },
            cancellationToken);
}
