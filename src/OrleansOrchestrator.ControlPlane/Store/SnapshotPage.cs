using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// A part of the durable state in key order. Pages may come from different revisions: a reader that follows the changes
/// after the first page's head ends up with the state of the newest one.
/// </summary>
/// <param name="Head">The head of this page.</param>
/// <param name="Objects">The objects.</param>
/// <param name="IsLast">Whether no more follow.</param>
[GenerateSerializer, Immutable, Alias("SnapshotPage")]
internal sealed record SnapshotPage(
    [property: Id(0)] long Head,
    [property: Id(1)] IReadOnlyList<StoredObject> Objects,
    [property: Id(2)] bool IsLast);
