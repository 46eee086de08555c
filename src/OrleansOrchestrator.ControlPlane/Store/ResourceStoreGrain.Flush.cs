using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Telemetry;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Store;

internal sealed partial class ResourceStoreGrain
{
    // A few round trips to the database: a short fault delays a commit by little more than itself.
    private static readonly TimeSpan RetryPauseMin = TimeSpan.FromMilliseconds(20);

    /// <summary>Makes pending changes durable, batch after batch, until there are none.</summary>
    private async Task FlushAsync()
    {
        // Yields first, so that the first batch contains all writes of one call.
        await Task.Yield();

        // The loop serves all writers and belongs to no caller's activity.
        Activity.Current = null;
        var answeredLast = _pending.Count;
        while (_pending.Count > 0)
        {
            var batch = TakeBatch((_pending.Count + answeredLast + 1) / 2);
            answeredLast = batch.Count;
            var (began, waiting, isDurable) = (time.GetTimestamp(), _pending.Count, false);
            using var activity = CommitActivity.Start(_definition.Name, batch);
            try
            {
                if (await MakeDurableAsync(batch) is { } failure)
                {
                    FailAll(batch, _databaseMissed is not null ? CommitStatus.DatabaseAway : CommitStatus.Unavailable, failure);
                }
                else
                {
                    isDurable = true;
                    await faults.RunAsync(StoreStep.Publish, _definition.Name, () => Publish(batch));
                }
            }
            catch (FencedException fenced)
            {
                Fence(fenced);
                FailAll(batch, CommitStatus.Unavailable, _stopped!);
            }
            catch (Exception exception)
            {
                Abandon(exception);
                FailAll(batch, CommitStatus.Unknown, _stopped!);
            }
            finally
            {
                if (!isDurable)
                    activity?.SetStatus(ActivityStatusCode.Error);
                StoreInstruments.Flushed(_definition.Name, batch.Count, waiting, time.GetElapsedTime(began), isDurable);
            }
        }
    }

    /// <summary>Takes the changes of the next commit: half of the changes in flight, counting those answered last.</summary>
    /// <remarks>
    /// Clients that wait for their answers come back together. If each commit took everything, all clients would soon wait for one
    /// commit with idle processors, and then for the processors with no commit in flight. Two halves alternate, in as many commits.
    /// </remarks>
    /// <param name="share">The number of changes to take. A call's changes stay together as far as a commit's bounds allow, because the
    /// call is answered when the last one is durable.</param>
    private List<PendingChange> TakeBatch(int share)
    {
        var batch = new List<PendingChange>();
        var bytes = 0;
        while (_pending.TryPeek(out var next) && batch.Count < options.CommitRowsMax && (batch.Count < share || next.Call == batch[^1].Call)
            && (batch.Count == 0 || bytes + next.Change.Object.Json.Length <= options.CommitBytesMax))
        {
            batch.Add(_pending.Dequeue());
            bytes += next.Change.Object.Json.Length;
        }

        _pendingBytes -= bytes;
        return batch;
    }

    /// <summary>Makes a batch as durable as the resource promises.</summary>
    /// <returns>Null if it succeeded; otherwise why it certainly failed. Any exception but a <see cref="FencedException"/> leaves the
    /// outcome open.</returns>
    private async Task<string?> MakeDurableAsync(List<PendingChange> batch)
    {
        if (faults is not null && faults.Skips(StoreStep.Commit, _definition.Name))
            return null;
        var last = batch[^1].Change.Revision;
        if (_definition.Durability != Durability.Volatile)
            return await CommitAsync(new LogCommit(_loggedHead, last, batch.ConvertAll(pending => pending.ToLogWrite()), _lease.Duration));

        // Objects that live in memory only reserve revisions in blocks: a later activation starts above the block.
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

    /// <summary>Commits, and retries while the database is away for a short time. It resolves an unknown outcome before anything else
    /// (I4). While the database is away for longer, it attempts a commit once: the writer gets an error, and the attempt finds out when
    /// the database is back.</summary>
    private async Task<string?> CommitAsync(LogCommit commit)
    {
        var grace = IsDatabaseKnownAway ? TimeSpan.Zero : options.UnavailableGrace;
        var started = time.GetTimestamp();
        var delay = new RetryDelay(new Backoff(RetryPauseMin, options.RetryPauseMax));
        var isUnknown = false;
        while (true)
        {
            try
            {
                if (isUnknown)
                {
                    if (await HasHappenedAsync(commit))
                        return Committed(commit);
                    isUnknown = false;
                    if (time.GetElapsedTime(started) >= grace)
                        return NotCommitted("the database did not answer in time");
                }

                var sent = time.GetTimestamp();
                using var call = ControlPlaneActivities.StartChild(ControlPlaneActivities.DatabaseCommit, ActivityKind.Client);
                using var timeout = new CancellationTokenSource(options.CommitTimeout, time);
                await faults.RunAsync(StoreStep.Commit, _definition.Name, () => log.CommitAsync(_shard, _epoch, commit, timeout.Token));
                _lease.RenewedAt(sent);
                return Committed(commit);
            }
            catch (Exception unknown) when (unknown is OutcomeUnknownException or OperationCanceledException)
            {
                LogOutcomeUnknown(unknown, _shard, commit.HeadAfter);
                isUnknown = true;
            }
            catch (LogUnavailableException unavailable)
            {
                // An unknown outcome ends only with an answer, or with this activation.
                if (isUnknown && _stopped is not null)
                    throw;
                if (!isUnknown && time.GetElapsedTime(started) >= grace)
                    return NotCommitted(unavailable.Message);
                LogUnavailable(unavailable, _shard);
            }

            await Task.Delay(delay.Next(), time);
        }
    }

    /// <summary>Whether a commit of unknown outcome took effect (invariant I4).</summary>
    /// <exception cref="OutcomeLostException">A newer owner has advanced the head, so that the outcome can no longer be known.</exception>
    private async Task<bool> HasHappenedAsync(LogCommit commit)
    {
        try
        {
            var head = commit.HeadBefore;
            await faults.RunAsync(
                StoreStep.Resolve, _definition.Name, async () => head = await log.ReadHeadAsync(_shard, _epoch, CancellationToken.None));
            LogResolved(_shard, commit.HeadAfter, head == commit.HeadAfter);
            return head == commit.HeadAfter;
        }
        catch (FencedException fenced)
        {
            throw new OutcomeLostException(_shard, commit.HeadAfter, fenced);
        }
    }

    private string? Committed(LogCommit commit)
    {
        _loggedHead = commit.HeadAfter;
        _databaseMissed = null;
        return null;
    }

    private string NotCommitted(string why)
    {
        _databaseMissed = time.GetTimestamp();
        return why;
    }

    private Task Publish(List<PendingChange> batch)
    {
        _state.Promote(batch.ConvertAll(pending => pending.Change));
        foreach (var pending in batch)
            _history.Append(pending.Change);

        _localHead.MoveTo(_state.Head);
        _headMoved.Wake();
        foreach (var pending in batch)
            pending.Decided.TrySetResult(new CommitResult(CommitStatus.Committed, pending.Change.Object));
        return Task.CompletedTask;
    }

    /// <summary>Fails a batch and everything accepted after it, which was based on it and certainly did not happen.</summary>
    private void FailAll(List<PendingChange> batch, CommitStatus status, string why)
    {
        _state.Rollback();
        foreach (var pending in batch)
            pending.Decided.TrySetResult(new CommitResult(status, Detail: why));
        foreach (var pending in _pending)
            pending.Decided.TrySetResult(NotTaken(status, why));
        _pending.Clear();
        _pendingBytes = 0;
        _headMoved.Wake();
    }

    /// <summary>The outcome of a write that certainly did not happen because its basis failed.</summary>
    private static CommitResult NotTaken(CommitStatus basis, string? why) =>
        new(basis == CommitStatus.DatabaseAway ? basis : CommitStatus.Unavailable, Detail: why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The outcome of the commit of {Shard} up to {Revision} is unknown; resolving it")]
    private partial void LogOutcomeUnknown(Exception exception, ShardId shard, long revision);

    [LoggerMessage(Level = LogLevel.Information, Message = "The commit of {Shard} up to {Revision} is resolved; it happened: {Happened}")]
    private partial void LogResolved(ShardId shard, long revision, bool happened);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The database of {Shard} cannot be reached; retrying")]
    private partial void LogUnavailable(Exception exception, ShardId shard);
}
