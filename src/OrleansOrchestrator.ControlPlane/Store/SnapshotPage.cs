using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// A part of the durable state in key order. Pages may have different heads: a reader that applies the changes after the first page's
/// head ends with the newest state.
/// </summary>
/// <param name="Head">The head of this page.</param>
/// <param name="Objects">The objects.</param>
/// <param name="IsLast">Whether this is the last page.</param>
[GenerateSerializer, Immutable, Alias("SnapshotPage")]
internal sealed record SnapshotPage(
    [property: Id(0)] long Head,
    [property: Id(1)] IReadOnlyList<StoredObject> Objects,
    [property: Id(2)] bool IsLast);
