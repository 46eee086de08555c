using OrleansOrchestrator.Storage.Identity;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.Storage.Tests.Contract;

/// <summary>One store under test, with a shard that no other test uses.</summary>
public abstract class TestStore : IAsyncDisposable
{
    public ShardId Shard { get; } = new($"r{Guid.NewGuid():N}.test");

    public abstract IObjectLog Log { get; }

    public abstract IClusterIdentityStore Identity { get; }

    /// <summary>Replaces the log by a new one on the same data, as a restarted process would have it.</summary>
    public abstract Task ReopenAsync();

    /// <summary>The revisions of the shard's versions that the database still has, read past the log.</summary>
    public abstract Task<List<long>> StoredRevisionsAsync();

    public abstract ValueTask DisposeAsync();
}
