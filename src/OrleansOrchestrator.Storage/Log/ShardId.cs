namespace OrleansOrchestrator.Storage.Log;

/// <summary>An independently ordered part of the log.</summary>
/// <param name="Resource">Plural and group, as in <c>pods</c> or <c>replicasets.apps</c>.</param>
/// <param name="Shard">The shard of that resource; 0 until a resource is split by namespace.</param>
public readonly record struct ShardId(string Resource, int Shard = 0)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Resource}/{Shard}";
}
