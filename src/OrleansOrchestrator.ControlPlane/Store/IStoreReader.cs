using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>The store as its caches read it.</summary>
internal interface IStoreReader
{
    /// <inheritdoc cref="StoreOptions.CurrentFor"/>
    TimeSpan CurrentFor { get; }

    /// <inheritdoc cref="IResourceStoreGrain.GetHeadAsync"/>
    Task<long> GetHeadAsync(ResourceDefinition definition);

    /// <summary>The head, if it can be read without a call; otherwise null.</summary>
    long? TryReadHead(ResourceDefinition definition);

    /// <inheritdoc cref="IResourceStoreGrain.FollowAsync"/>
    Task<ChangeBatch> FollowAsync(ResourceDefinition definition, long afterRevision);

    /// <inheritdoc cref="IResourceStoreGrain.ReadChangesAsync"/>
    Task<ChangeBatch> ReadChangesAsync(ResourceDefinition definition, long afterRevision);

    /// <inheritdoc cref="IResourceStoreGrain.ReadSnapshotAsync"/>
    Task<SnapshotPage> ReadSnapshotAsync(ResourceDefinition definition, ObjectKey after);
}
