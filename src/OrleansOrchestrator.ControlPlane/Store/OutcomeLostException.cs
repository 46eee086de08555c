using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>Whether a commit happened can no longer be told: its shard had a newer owner before anybody asked.</summary>
internal sealed class OutcomeLostException(ShardId shard, long headAfter, Exception innerException)
    : Exception($"whether the commit of {shard} up to {headAfter} happened is not known", innerException);
