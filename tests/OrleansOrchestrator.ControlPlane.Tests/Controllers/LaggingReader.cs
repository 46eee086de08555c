using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Tests.Controllers;

/// <summary>The store as caches read it, of which one falls behind as long as the test wants.</summary>
internal sealed class LaggingReader(IStoreReader store, string resource) : IStoreReader
{
    private volatile TaskCompletionSource? _held;
    private int _heads;

    /// <summary>How often anybody asked how far the store is.</summary>
    public int Heads => Volatile.Read(ref _heads);

    public TimeSpan CurrentFor => store.CurrentFor;

    public void Hold() => _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void GoOn()
    {
        var held = _held;
        _held = null;
        held?.SetResult();
    }

    public Task<long> GetHeadAsync(ResourceDefinition definition)
    {
        Note(definition);
        return store.GetHeadAsync(definition);
    }

    public long? TryReadHead(ResourceDefinition definition)
    {
        Note(definition);
        return store.TryReadHead(definition);
    }

    public async Task<ChangeBatch> FollowAsync(ResourceDefinition definition, long afterRevision)
    {
        var batch = await store.FollowAsync(definition, afterRevision);
        if (definition.Name.Plural == resource && _held is { } held)
            await held.Task;
        return batch;
    }

    public Task<ChangeBatch> ReadChangesAsync(ResourceDefinition definition, long afterRevision) => store.ReadChangesAsync(definition, afterRevision);

    public Task<SnapshotPage> ReadSnapshotAsync(ResourceDefinition definition, ObjectKey after) => store.ReadSnapshotAsync(definition, after);

    private void Note(ResourceDefinition definition)
    {
        if (definition.Name.Plural == resource)
            Interlocked.Increment(ref _heads);
    }
}
