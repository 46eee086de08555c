namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>What a follower gets for one question.</summary>
/// <param name="Head">The resource's durable head when the answer was made.</param>
/// <param name="Changes">Changes after the asked revision, in order; they end at the head unless the batch is full.</param>
/// <param name="IsCompacted">Whether changes after the asked revision are gone; the follower must take a new snapshot.</param>
[GenerateSerializer, Immutable, Alias("ChangeBatch")]
internal sealed record ChangeBatch(
    [property: Id(0)] long Head,
    [property: Id(1)] IReadOnlyList<StoredChange> Changes,
    [property: Id(2)] bool IsCompacted = false);
