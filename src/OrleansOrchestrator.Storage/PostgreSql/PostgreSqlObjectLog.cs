using System.Collections.Concurrent;
using System.Data.Common;
using System.Runtime.CompilerServices;
using Npgsql;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.Storage.PostgreSql;

/// <summary>
/// The object log in PostgreSQL. A commit is one statement in one round trip, and the shard's row in the same statement decides who may
/// commit. docs/storage.md has the reasons and the invariants.
/// </summary>
/// <param name="connections">The pools to use. They belong to the caller, who disposes of them after the log.</param>
public sealed class PostgreSqlObjectLog(PostgreSqlConnections connections) : IObjectLog
{
    private readonly ConcurrentDictionary<ShardId, ShardOwnership> _owned = new();

    /// <inheritdoc/>
    public async Task<ShardOpening> OpenAsync(ShardId shard, CancellationToken cancellationToken)
    {
        var opening = await GuardAsync(async () =>
        {
            await using var command = General(PostgreSqlStatements.Open, shard);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            return new ShardOpening(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetFieldValue<TimeSpan>(3));
        });

        // The answers of concurrent openings of one shard may arrive out of order.
        _owned.AddOrUpdate(
            shard,
            _ => new ShardOwnership(shard, opening.Epoch),
            (_, known) => known.Epoch > opening.Epoch ? known : new ShardOwnership(shard, opening.Epoch));
        return opening;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<LogObject> LoadAsync(ShardId shard, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = General(PostgreSqlStatements.Load, shard);
        await using var reader = await GuardAsync(() => command.ExecuteReaderAsync(cancellationToken));
        while (await GuardAsync(() => reader.ReadAsync(cancellationToken)))
            yield return new LogObject(reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetFieldValue<byte[]>(3));
    }

    /// <inheritdoc/>
    public async Task CommitAsync(ShardId shard, long epoch, LogCommit commit, CancellationToken cancellationToken)
    {
        var rows = CommitRows.From(commit);
        var owned = Owned(shard, epoch);
        await NothingSentAsync(() => owned.Turn.WaitAsync(cancellationToken));
        try
        {
            owned.RequireCertainty();
            NpgsqlConnection opened = null!;
            await NothingSentAsync(async () => opened = await connections.Commits.OpenConnectionAsync(cancellationToken));
            await using var connection = opened;
            await using var command = new NpgsqlCommand(PostgreSqlStatements.Commit, connection)
                .With(shard.Resource).With(shard.Shard).With(epoch).With(owned.Barrier)
                .With(commit.HeadBefore).With(commit.HeadAfter).With(commit.LeaseDuration)
                .With(rows.Revisions).With(rows.PreviousRevisions).With(rows.Types)
                .With(rows.Namespaces).With(rows.Names).With(rows.Values);
            await NothingSentAsync(async () =>
            {
                await command.PrepareAsync(cancellationToken);
                cancellationToken.ThrowIfCancellationRequested();
            });
            if (!await ExecuteCommitAsync(command, owned, cancellationToken))
                throw new FencedException(shard, epoch);
        }
        finally
        {
            owned.Turn.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<long> ReadHeadAsync(ShardId shard, long epoch, CancellationToken cancellationToken)
    {
        var owned = Owned(shard, epoch);
        await owned.Turn.WaitAsync(cancellationToken);
        try
        {
            var barrier = owned.NextBarrier();
            var head = await GuardAsync(async () =>
            {
                await using var command = General(PostgreSqlStatements.RaiseBarrier, shard).With(epoch).With(barrier);
                return await command.ExecuteScalarAsync(cancellationToken);
            });
            if (head is not long revision)
                throw new FencedException(shard, epoch);

            owned.BarrierRaised(barrier);
            return revision;
        }
        finally
        {
            owned.Turn.Release();
        }
    }

    /// <inheritdoc/>
    public async Task RenewLeaseAsync(ShardId shard, long epoch, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        if (await ExecuteAsync(General(PostgreSqlStatements.RenewLease, shard).With(epoch).With(leaseDuration), cancellationToken) == 0)
            throw new FencedException(shard, epoch);
    }

    /// <inheritdoc/>
    public Task ReleaseAsync(ShardId shard, long epoch, CancellationToken cancellationToken) =>
        ExecuteAsync(General(PostgreSqlStatements.Release, shard).With(epoch), cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<LogChange>> ReadChangesAsync(
        ShardId shard, long afterRevision, int limit, long bytesMax, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return await GuardAsync(async () =>
        {
            await using var command = General(PostgreSqlStatements.ReadChanges, shard).With(afterRevision).With(limit).With(bytesMax);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            List<LogChange> changes = [];
            while (await reader.ReadAsync(cancellationToken))
            {
                if (reader.GetInt64(0) is var compacted && compacted > afterRevision)
                    throw new CompactedException(compacted);
                if (!reader.IsDBNull(1))
                    changes.Add(ReadChange(reader));
            }

            return changes;
        });
    }

    /// <inheritdoc/>
    public async Task<long> TrimAsync(ShardId shard, TimeSpan minimumAge, long minimumCount, CancellationToken cancellationToken)
    {
        var batch = connections.Options.TrimBatchRows;
        bool advanced;
        do
        {
            // Records the progress durably before it deletes anything. Only that first, tiny statement locks the shard's row. The
            // deletions never delay a commit, and may be interrupted anywhere.
            advanced = await ExecuteAsync(
                General(PostgreSqlStatements.Compact, shard).With(minimumAge).With(minimumCount).With(batch), cancellationToken) > 0;
            while (await ExecuteScalarAsync(General(PostgreSqlStatements.DeleteObsolete, shard).With(batch), cancellationToken) is { } done)
                await ExecuteAsync(General(PostgreSqlStatements.NoteTrimmed, shard).With(done), cancellationToken);
        }
        while (advanced);

        return await ExecuteScalarAsync(General(PostgreSqlStatements.ReadCompacted, shard), cancellationToken) ?? 0;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _owned.Clear();
        return ValueTask.CompletedTask;
    }

    /// <summary>From here on, only the server's statement that it rolled back counts as a failure (I4).</summary>
    private async Task<bool> ExecuteCommitAsync(NpgsqlCommand command, ShardOwnership owned, CancellationToken cancellationToken)
    {
        try
        {
            return await command.ExecuteScalarAsync(cancellationToken) is not null;
        }
        catch (Exception e) when (PostgreSqlFailure.CertainlyRolledBack(e))
        {
            throw PostgreSqlFailure.Unavailable(e, connections.Endpoint);
        }
        catch (Exception e)
        {
            owned.Doubt();
            throw new OutcomeUnknownException($"a commit may or may not be stored: {PostgreSqlFailure.Explain(e, connections.Endpoint)}", e);
        }
    }

    private static LogChange ReadChange(DbDataReader reader) => new(
        reader.GetInt64(1),
        (LogChangeType)reader.GetInt16(2),
        reader.GetString(3),
        reader.GetString(4),
        reader.GetFieldValue<byte[]>(5),
        reader.IsDBNull(6) ? default(ReadOnlyMemory<byte>?) : reader.GetFieldValue<byte[]>(6));

    private ShardOwnership Owned(ShardId shard, long epoch)
    {
        if (!_owned.TryGetValue(shard, out var owned) || owned.Epoch < epoch)
            throw new InvalidOperationException($"{shard} has not been opened here with epoch {epoch}");
        return owned.Epoch == epoch ? owned : throw new FencedException(shard, epoch);
    }

    private NpgsqlCommand General(string statement, ShardId shard) =>
        connections.General.CreateCommand(statement).With(shard.Resource).With(shard.Shard);

    private Task<int> ExecuteAsync(NpgsqlCommand command, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        await using (command)
            return await command.ExecuteNonQueryAsync(cancellationToken);
    });

    private Task<long?> ExecuteScalarAsync(NpgsqlCommand command, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        await using (command)
            return await command.ExecuteScalarAsync(cancellationToken) as long?;
    });

    /// <summary>For steps before a commit is sent: however they end, nothing has happened.</summary>
    private Task NothingSentAsync(Func<Task> operation) => GuardAsync(async () =>
    {
        try
        {
            await operation();
            return true;
        }
        catch (OperationCanceledException e)
        {
            throw new LogUnavailableException($"PostgreSQL at {connections.Endpoint} was not ready for a commit in time", e);
        }
    });

    /// <summary>For operations without an effect, or with one that is harmless if the answer is lost.</summary>
    private async Task<T> GuardAsync<T>(Func<Task<T>> operation)
    {
        try
        {
            return await operation();
        }
        catch (Exception e) when (PostgreSqlFailure.IsDatabaseFailure(e))
        {
            throw PostgreSqlFailure.Unavailable(e, connections.Endpoint);
        }
    }
}
