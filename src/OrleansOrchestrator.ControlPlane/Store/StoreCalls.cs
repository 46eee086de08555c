namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>One store as a silo calls it.</summary>
internal sealed class StoreCalls(IResourceStoreGrain grain)
{
    private readonly GatheredCalls<ObjectWrite, WriteResult> _commits = new(grain.CommitAsync, static write => write.Json?.Length ?? 0);

    /// <summary>The store, for calls of their own.</summary>
    public IResourceStoreGrain Grain => grain;

    /// <inheritdoc cref="IResourceStoreGrain.CommitAsync"/>
    public async Task<IReadOnlyList<WriteResult>> CommitAsync(IReadOnlyList<ObjectWrite> writes) =>
        writes.Count == 1 ? [await _commits.AskAsync(writes[0])] : await grain.CommitAsync(writes);
}
