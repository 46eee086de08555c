using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Membership;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// Calls store grains across their failovers: repeats a call that failed because the store moves, with its precondition, until <see
/// cref="StoreOptions.CallRetryTime"/> has passed.
/// </summary>
/// <remarks>
/// A write that timed out may have happened. A retry is safe, because its precondition refuses a second effect. The history tells
/// whether the first attempt succeeded; if it cannot, the outcome is reported as unknown.
/// </remarks>
internal sealed partial class StoreClient(
    IGrainFactory grains, LocalHeads heads, StoreOptions options, TimeProvider time, ILogger<StoreClient> logger, CrashDetector? crashes = null)
    : IStoreReader
{
    public TimeSpan CurrentFor => options.CurrentFor;

    // Between attempts at a call: short beside a failover of a store, which takes about a second.
    private static readonly Backoff RetryPauses = new(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(200));

    // The id by which stores know this silo's caches.
    private readonly Guid _follower = Guid.NewGuid();
    private readonly ConcurrentDictionary<ResourceName, StoreCalls> _calls = new();

    // A revision per resource that is known to be durable.
    private readonly ConcurrentDictionary<ResourceName, long> _known = new();

    public Task<long> GetHeadAsync(ResourceDefinition definition) => GetHeadAsync(definition, options.CallRetryTime);

    /// <summary>Reads the committed head.</summary>
    /// <param name="definition">The kind.</param>
    /// <param name="within">For how long to retry. The last attempt may take longer.</param>
    /// <exception cref="ApiException">503: the store could not be reached; the message says why.</exception>
    public async Task<long> GetHeadAsync(ResourceDefinition definition, TimeSpan within)
    {
        var head = await RetryAsync(definition, calls => calls.AskAsync(static grain => grain.GetHeadAsync()), within, CancellationToken.None);
        Know(definition, head);
        return head;
    }

    public long? TryReadHead(ResourceDefinition definition) => heads.Read(definition.Name);

    public async Task<ChangeBatch> FollowAsync(ResourceDefinition definition, long afterRevision)
    {
        try
        {
            // A store on this silo wakes its follower, which then need not wait in the grain.
            var moved = heads.WhenMoved(definition.Name, afterRevision);
            if (moved is not null)
                await moved.CompletesWithinAsync(options.LocalFollowWait, time, CancellationToken.None);
            var waits = moved is null;
            return await Calls(definition).AskAsync(
                grain => grain.FollowAsync(afterRevision, _follower, waits), waits ? options.FollowWait : TimeSpan.Zero);
        }
        catch (Exception exception)
        {
            Probe(exception);
            throw;
        }
    }

    public async Task<ChangeBatch> ReadChangesAsync(ResourceDefinition definition, long afterRevision) =>
        (await Calls(definition).AskAsync(grain => grain.ReadChangesAsync(afterRevision))).Restored();

    public Task<SnapshotPage> ReadSnapshotAsync(ResourceDefinition definition, ObjectKey after) =>
        Calls(definition).AskAsync(grain => grain.ReadSnapshotAsync(after.Namespace ?? "", after.Name ?? ""));

    /// <inheritdoc cref="IResourceStoreGrain.WhenSeenAsync"/>
    public Task WhenSeenAsync(ResourceDefinition definition, long revision, CancellationToken cancellationToken) =>
        RetryAsync(
            definition,
            async calls =>
            {
                await calls.Grain.WhenSeenAsync(revision);
                return revision;
            },
            options.CallRetryTime, cancellationToken);

    /// <inheritdoc cref="IResourceStoreGrain.FindHeldAsync"/>
    public Task<IReadOnlyList<string>> FindHeldAsync(ResourceDefinition definition, IReadOnlyList<string> claims, CancellationToken cancellationToken) =>
        RetryAsync(definition, calls => calls.AskAsync(grain => grain.FindHeldAsync(claims)), options.CallRetryTime, cancellationToken);

    /// <inheritdoc cref="IResourceStoreGrain.ReadForWriteAsync"/>
    public async Task<StoredObject?> ReadForWriteAsync(ResourceDefinition definition, ObjectKey key, CancellationToken cancellationToken = default) =>
        (await RetryAsync(definition, calls => calls.Grain.ReadForWriteAsync(key.Namespace, key.Name), options.CallRetryTime, cancellationToken))?.ReadBy(definition);

    /// <inheritdoc cref="IResourceStoreGrain.ReadSettledAsync"/>
    public async Task<StoredObject?> ReadSettledAsync(ResourceDefinition definition, ObjectKey key, CancellationToken cancellationToken = default) =>
        (await RetryAsync(definition, calls => calls.Grain.ReadSettledAsync(key.Namespace, key.Name), options.CallRetryTime, cancellationToken))?.ReadBy(definition);

    /// <summary>Commits one write.</summary>
    public async Task<CommitResult> CommitAsync(ResourceDefinition definition, ObjectWrite write, CancellationToken cancellationToken = default) =>
        (await CommitAsync(definition, [write], cancellationToken))[0];

    /// <summary>Commits writes independently. The caller repeats those that certainly did not happen. Writes beyond the size of one
    /// commit go in several calls, one after another.</summary>
    /// <param name="definition">The kind.</param>
    /// <param name="writes">The writes.</param>
    /// <param name="cancellationToken">Ends the wait; writes that were sent may still happen.</param>
    public async Task<IReadOnlyList<CommitResult>> CommitAsync(
        ResourceDefinition definition, IReadOnlyList<ObjectWrite> writes, CancellationToken cancellationToken = default)
    {
        if (Activity.Current is not null)
            writes = [.. writes.Select(static write => write.Traced())];
        if (writes.Count == 1)
            return await CommitTogetherAsync(definition, writes, cancellationToken);
        var results = new List<CommitResult>(writes.Count);
        foreach (var batch in writes.InBatches(options.CommitRowsMax, options.CommitBytesMax, static write => write.Json?.Length ?? 0))
            results.AddRange(await CommitTogetherAsync(definition, batch, cancellationToken));
        return results;
    }

    private async Task<IReadOnlyList<CommitResult>> CommitTogetherAsync(
        ResourceDefinition definition, IReadOnlyList<ObjectWrite> writes, CancellationToken cancellationToken)
    {
        var commit = new CommitRetry(this, definition, writes, heads.Read(definition.Name) ?? _known.GetValueOrDefault(definition.Name));
        var started = time.GetTimestamp();
        var delay = new RetryDelay(RetryPauses);
        while (true)
        {
            try
            {
                await commit.TryAsync(SendAsync, cancellationToken);
            }
            catch (Exception exception) when (StoreFaults.IsTransient(exception))
            {
                Probe(exception);
                commit.NoteFailure(exception);
            }

            if (commit.IsDecided || time.GetElapsedTime(started) > options.CallRetryTime)
                return commit.Results();
            LogRetry(definition.Name, commit.Why);
            await Task.Delay(delay.Next(), time, cancellationToken);
        }

        async Task<IReadOnlyList<CommitResult>> SendAsync(IReadOnlyList<ObjectWrite> some)
        {
            var results = await Calls(definition).CommitAsync(some).WaitAsync(cancellationToken);
            return [.. results.Select(result => Received(definition, result))];
        }
    }

    /// <summary>Records the revision of a result, and decodes its object by the caller's definition: a store may still have an older
    /// definition of a custom kind.</summary>
    private CommitResult Received(ResourceDefinition definition, CommitResult result)
    {
        if (result.Object is not { } obj)
            return result;
        if (result.Status == CommitStatus.Committed)
            Know(definition, obj.Revision);
        return definition.Supersedes(obj.Definition) ? result with { Object = obj.ReadBy(definition) } : result;
    }

    private async Task<T> RetryAsync<T>(
        ResourceDefinition definition, Func<StoreCalls, Task<T>> call, TimeSpan within, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var delay = new RetryDelay(RetryPauses);
        while (true)
        {
            try
            {
                return await call(Calls(definition)).WaitAsync(cancellationToken);
            }
            catch (Exception exception) when (StoreFaults.IsTransient(exception))
            {
                if (time.GetElapsedTime(started) > within)
                    throw ApiErrors.ServiceUnavailable(StoreFaults.Describe(exception));
                Probe(exception);
                LogRetry(definition.Name, exception.Message);
            }

            await Task.Delay(delay.Next(), time, cancellationToken);
        }
    }

    private void Probe(Exception exception)
    {
        if (StoreFaults.MayBeCrash(exception))
            crashes?.Probe();
    }

    private void Know(ResourceDefinition definition, long revision) =>
        _known.AddOrUpdate(definition.Name, static (_, seen) => seen, static (_, known, seen) => Math.Max(known, seen), revision);

    private StoreCalls Calls(ResourceDefinition definition) => _calls.GetOrAdd(
        definition.Name,
        static (resource, silo) => new StoreCalls(silo.grains.GetGrain<IResourceStoreGrain>(resource.ToString()), silo.options, silo.time),
        (grains, options, time));

    [LoggerMessage(Level = LogLevel.Debug, Message = "A call of the store of {Resource} failed and is retried: {Why}")]
    private partial void LogRetry(ResourceName resource, string why);
}
