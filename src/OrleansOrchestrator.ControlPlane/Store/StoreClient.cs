using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// Calls store grains, and goes on through their failovers: a call that fails because the store moves is made again, with
/// its precondition, until <see cref="RetryFor"/> has passed.
/// </summary>
/// <remarks>
/// A write that timed out may have happened. Trying it again is safe: its precondition refuses a second effect, and its own
/// first effect is recognised in what is stored.
/// </remarks>
internal sealed partial class StoreClient(IGrainFactory grains, LocalHeads heads, TimeProvider time, ILogger<StoreClient> logger) : IStoreReader
{
    private static readonly TimeSpan RetryFor = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryPauseMax = TimeSpan.FromMilliseconds(500);
    private static readonly Func<ResourceName, IGrainFactory, IResourceStoreGrain> CreateReference =
        static (resource, grains) => grains.GetGrain<IResourceStoreGrain>(resource.ToString());

    // The factory derives the type of a grain from its interface each time, which costs more than a call.
    private readonly ConcurrentDictionary<ResourceName, IResourceStoreGrain> _references = new();

    public Task<long> GetHeadAsync(ResourceDefinition definition) => RetryAsync(definition, grain => grain.GetHeadAsync());

    public long? TryReadHead(ResourceDefinition definition) => heads.Read(definition.Name);

    public Task<ChangeBatch> FollowAsync(ResourceDefinition definition, long afterRevision) => Grain(definition).FollowAsync(afterRevision);

    public Task<ChangeBatch> ReadChangesAsync(ResourceDefinition definition, long afterRevision) =>
        Grain(definition).ReadChangesAsync(afterRevision);

    public Task<SnapshotPage> ReadSnapshotAsync(ResourceDefinition definition, ObjectKey after) =>
        Grain(definition).ReadSnapshotAsync(after.Namespace ?? "", after.Name ?? "");

    /// <inheritdoc cref="IResourceStoreGrain.ReadForWriteAsync"/>
    public Task<StoredObject?> ReadForWriteAsync(ResourceDefinition definition, ObjectKey key) =>
        RetryAsync(definition, grain => grain.ReadForWriteAsync(key.Namespace, key.Name));

    /// <summary>Commits one write.</summary>
    /// <exception cref="ApiException">503 if it certainly did not happen, 504 if that is not known.</exception>
    public async Task<WriteResult> CommitAsync(ResourceDefinition definition, ObjectWrite write) =>
        (await CommitAsync(definition, [write]))[0];

    /// <summary>Commits writes, each on its own.</summary>
    /// <exception cref="ApiException">As for one.</exception>
    public async Task<IReadOnlyList<WriteResult>> CommitAsync(ResourceDefinition definition, IReadOnlyList<ObjectWrite> writes)
    {
        var started = time.GetTimestamp();
        var pause = TimeSpan.FromMilliseconds(20);
        var mayHaveHappened = false;
        while (true)
        {
            string why;
            try
            {
                var results = await Grain(definition).CommitAsync(writes);
                if (results.Any(result => result.Status == WriteStatus.Unknown))
                    mayHaveHappened = true;
                else if (mayHaveHappened)
                    results = await ResolveAsync(definition, writes, results);
                if (!IsToBeRepeated(results, mayHaveHappened))
                    return results;
                why = results.FirstOrDefault(result => result.Detail is not null)?.Detail ?? "the object store is not available";
            }
            catch (Exception exception) when (StoreFaults.IsTransient(exception))
            {
                mayHaveHappened |= !StoreFaults.IsCertainlyNotExecuted(exception);
                why = StoreFaults.Describe(exception);
            }

            if (time.GetElapsedTime(started) > RetryFor)
                throw mayHaveHappened ? ApiErrors.Timeout(why) : ApiErrors.ServiceUnavailable(why);
            LogRetry(definition.Name, why);
            await Task.Delay(pause, time);
            pause = pause * 2 > RetryPauseMax ? RetryPauseMax : pause * 2;
        }
    }

    /// <summary>Whether a try decided too little to be the last. Of several writes, those that certainly did not happen are the
    /// caller's to repeat.</summary>
    private static bool IsToBeRepeated(IReadOnlyList<WriteResult> results, bool mayHaveHappened)
    {
        if (mayHaveHappened)
            return results.Any(result => result.Status is WriteStatus.Unknown or WriteStatus.Unavailable or WriteStatus.Overloaded);
        return results is [{ Status: WriteStatus.Unavailable }];
    }

    /// <summary>After a try of unknown outcome, recognises refusals that our own first try caused.</summary>
    private async Task<IReadOnlyList<WriteResult>> ResolveAsync(
        ResourceDefinition definition, IReadOnlyList<ObjectWrite> writes, IReadOnlyList<WriteResult> results)
    {
        var resolved = results.ToArray();
        for (var i = 0; i < resolved.Length; i++)
        {
            if (resolved[i].Status == WriteStatus.NotFound && writes[i].Type == WriteType.Delete)
                resolved[i] = new WriteResult(WriteStatus.Committed);
            else if (resolved[i].Status is WriteStatus.AlreadyExists or WriteStatus.Conflict && writes[i].Json is { } json)
                resolved[i] = await ResolveAsync(definition, new ObjectKey(writes[i].Namespace, writes[i].Name), json, resolved[i]);
        }

        return resolved;
    }

    private async Task<WriteResult> ResolveAsync(ResourceDefinition definition, ObjectKey key, ReadOnlyMemory<byte> json, WriteResult refusal)
    {
        var current = await ReadForWriteAsync(definition, key);
        if (current is null || !RevisionSplice.EqualsIgnoringRevision(current.Json.Span, json.Span))
            return refusal;

        // The first try may still be on its way to durability.
        return current.Revision <= await GetHeadAsync(definition)
            ? new WriteResult(WriteStatus.Committed, current)
            : new WriteResult(WriteStatus.Unknown);
    }

    private async Task<T> RetryAsync<T>(ResourceDefinition definition, Func<IResourceStoreGrain, Task<T>> call)
    {
        var started = time.GetTimestamp();
        var pause = TimeSpan.FromMilliseconds(20);
        while (true)
        {
            try
            {
                return await call(Grain(definition));
            }
            catch (Exception exception) when (StoreFaults.IsTransient(exception))
            {
                if (time.GetElapsedTime(started) > RetryFor)
                    throw ApiErrors.ServiceUnavailable(StoreFaults.Describe(exception));
                LogRetry(definition.Name, exception.Message);
            }

            await Task.Delay(pause, time);
            pause = pause * 2 > RetryPauseMax ? RetryPauseMax : pause * 2;
        }
    }

    private IResourceStoreGrain Grain(ResourceDefinition definition) => _references.GetOrAdd(definition.Name, CreateReference, grains);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The store of {Resource} did not take a call, trying again: {Why}")]
    private partial void LogRetry(ResourceName resource, string why);
}
