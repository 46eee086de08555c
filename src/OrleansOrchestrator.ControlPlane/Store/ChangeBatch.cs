using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>What a follower gets for one question.</summary>
/// <param name="Head">The resource's durable head when the answer was made.</param>
/// <param name="Changes">Changes after the asked revision, in order; they end at the head unless the batch is full.</param>
/// <param name="IsCompacted">Whether changes after the asked revision are gone; the follower must take a new snapshot.</param>
/// <param name="Previous">The object before each change, for whoever reads the past and does not have it; null for followers.</param>
[GenerateSerializer, Immutable, Alias("ChangeBatch")]
internal sealed record ChangeBatch(
    [property: Id(0)] long Head,
    [property: Id(1)] IReadOnlyList<StoredChange> Changes,
    [property: Id(2)] bool IsCompacted = false,
    [property: Id(3)] IReadOnlyList<StoredObject?>? Previous = null)
{
    /// <summary>The batch as it crosses silos with the objects before its changes.</summary>
    public ChangeBatch WithPrevious() => this with { Previous = [.. Changes.Select(static change => change.Previous)] };

    /// <summary>The batch with the objects before its changes put back in their places.</summary>
    public ChangeBatch Restored() => Previous is not { } previous
        ? this
        : this with { Changes = [.. Changes.Select((change, i) => change with { Previous = previous[i] })], Previous = null };
}
