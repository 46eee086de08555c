using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>A store's answer to one call of a follower.</summary>
/// <param name="Head">The resource's durable head at the time of the answer.</param>
/// <param name="Changes">The changes after the follower's revision, in order. They end at the head unless the batch is full.</param>
/// <param name="IsCompacted">Whether some changes after the follower's revision are gone; the follower must then read a new
/// snapshot.</param>
/// <param name="Previous">The object before each change, for readers of past revisions; null for followers, who have it already.</param>
[GenerateSerializer, Immutable, Alias("ChangeBatch")]
internal sealed record ChangeBatch(
    [property: Id(0)] long Head,
    [property: Id(1)] IReadOnlyList<StoredChange> Changes,
    [property: Id(2)] bool IsCompacted = false,
    [property: Id(3)] IReadOnlyList<StoredObject?>? Previous = null)
{
    /// <summary>The batch with the previous objects in a form that crosses silos.</summary>
    public ChangeBatch WithPrevious() => this with { Previous = [.. Changes.Select(static change => change.Previous)] };

    /// <summary>The batch with the previous objects back in their changes.</summary>
    public ChangeBatch Restored() => Previous is not { } previous
        ? this
        : this with { Changes = [.. Changes.Select((change, i) => change with { Previous = previous[i] })], Previous = null };
}
