using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Store;

internal sealed partial class ResourceStoreGrain
{
    /// <summary>Makes pending changes durable, batch after batch, until there are none.</summary>
    private async Task FlushAsync()
    {
        // The first turn ends here, so that all writes of one call are in the first batch.
        await Task.Yield();
        while (_pending.Count > 0)
        {
            var batch = TakeBatch();
            string? failure;
            try
            {
                failure = await MakeDurableAsync(batch);
            }
            catch (FencedException fenced)
            {
                Fence(fenced);
                failure = _stopped;
            }

            if (failure is null)
                Publish(batch);
            else
                FailAll(batch, failure);
        }
    }

    private List<PendingChange> TakeBatch()
    {
        var batch = new List<PendingChange>();
        var bytes = 0;
        while (_pending.TryPeek(out var next) && batch.Count < options.CommitRowsMax
            && (batch.Count == 0 || bytes + next.Change.Object.Json.Length <= options.CommitBytesMax))
        {
            batch.Add(_pending.Dequeue());
            bytes += next.Change.Object.Json.Length;
        }

        return batch;
    }

    /// <summary>Makes a batch durable, as far as the resource promises.</summary>
    /// <returns>Null if it is; otherwise why it certainly is not.</returns>
    private async Task<string?> MakeDurableAsync(List<PendingChange> batch)
    {
        var last = batch[^1].Change.Revision;
        if (_definition.Durability != Durability.Volatile)
            return await CommitAsync(new LogCommit(_loggedHead, last, [.. batch.Select(p => p.ToLogChange())], _lease.Duration));

        // Revisions of objects that live in memory only are reserved in blocks: a later activation starts above them.
        return last <= _loggedHead
            ? await RenewForVolatileAsync()
            : await CommitAsync(new LogCommit(_loggedHead, last + options.RevisionsReserved, [], _lease.Duration));
    }

    private async Task<string?> RenewForVolatileAsync()
    {
        try
        {
            await _lease.EnsureAsync();
            return null;
        }
        catch (LogUnavailableException unavailable)
        {
            return unavailable.Message;
        }
    }

    /// <summary>Commits, waiting out short absences of the database; an unknown outcome is resolved before anything else (I4).</summary>
    private async Task<string?> CommitAsync(LogCommit commit)
    {
        var started = time.GetTimestamp();
        var pause = TimeSpan.FromMilliseconds(20);
        var isUnknown = false;
        while (true)
        {
            try
            {
                if (isUnknown)
                {
                    var head = await log.ReadHeadAsync(_shard, _epoch, CancellationToken.None);
                    LogResolved(_shard, commit.HeadAfter, head == commit.HeadAfter);
                    if (head == commit.HeadAfter)
                        return Committed(commit);
                    isUnknown = false;
                }

                var sent = time.GetTimestamp();
                using var timeout = new CancellationTokenSource(options.CommitTimeout, time);
                await log.CommitAsync(_shard, _epoch, commit, timeout.Token);
                _lease.RenewedAt(sent);
                return Committed(commit);
            }
            catch (OutcomeUnknownException unknown)
            {
                LogOutcomeUnknown(unknown, _shard, commit.HeadAfter);
                isUnknown = true;
            }
            catch (LogUnavailableException unavailable)
            {
                if (!isUnknown && time.GetElapsedTime(started) > options.UnavailableGrace)
                    return unavailable.Message;
                LogUnavailable(unavailable, _shard);
            }

            await Task.Delay(pause, time);
            pause = pause * 2 > options.RetryPauseMax ? options.RetryPauseMax : pause * 2;
        }
    }

    private string? Committed(LogCommit commit)
    {
        _loggedHead = commit.HeadAfter;
        return null;
    }

    private void Publish(List<PendingChange> batch)
    {
        _state.Promote(batch.Select(pending => pending.Change));
        foreach (var pending in batch)
        {
            _history.Append(pending.Change);
            _expiry?.Note(pending.Change);
        }

        SignalHeadMoved();
        foreach (var pending in batch)
            pending.Decided.SetResult(new WriteResult(WriteStatus.Committed, pending.Change.Object));
    }

    /// <summary>Fails a batch and everything accepted after it, which was based on it.</summary>
    private void FailAll(List<PendingChange> batch, string why)
    {
        var failed = new WriteResult(WriteStatus.Unavailable, Detail: why);
        _state.Rollback();
        foreach (var pending in batch.Concat(_pending))
            pending.Decided.TrySetResult(failed);
        _pending.Clear();
        SignalHeadMoved();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The outcome of the commit of {Shard} up to {Revision} is unknown; resolving it")]
    private partial void LogOutcomeUnknown(Exception exception, ShardId shard, long revision);

    [LoggerMessage(Level = LogLevel.Information, Message = "The commit of {Shard} up to {Revision} is resolved; it happened: {Happened}")]
    private partial void LogResolved(ShardId shard, long revision, bool happened);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database of {Shard} is away; trying again")]
    private partial void LogUnavailable(Exception exception, ShardId shard);
}
