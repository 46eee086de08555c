using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>What a cache asks of a store.</summary>
internal interface IStoreReader
{
    /// <inheritdoc cref="StoreOptions.CurrentFor"/>
    TimeSpan CurrentFor { get; }

    /// <inheritdoc cref="IResourceStoreGrain.GetHeadAsync"/>
    Task<long> GetHeadAsync(ResourceDefinition definition);

    /// <summary>The same, where it can be told without a call; null where not.</summary>
    long? TryReadHead(ResourceDefinition definition);

    /// <inheritdoc cref="IResourceStoreGrain.FollowAsync"/>
    Task<ChangeBatch> FollowAsync(ResourceDefinition definition, long afterRevision);

    /// <inheritdoc cref="IResourceStoreGrain.ReadChangesAsync"/>
    Task<ChangeBatch> ReadChangesAsync(ResourceDefinition definition, long afterRevision);

    /// <inheritdoc cref="IResourceStoreGrain.ReadSnapshotAsync"/>
    Task<SnapshotPage> ReadSnapshotAsync(ResourceDefinition definition, ObjectKey after);
}
