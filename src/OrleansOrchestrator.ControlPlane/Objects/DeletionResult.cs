using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Objects;

/// <summary>The outcome of a deletion.</summary>
/// <param name="Object">The object's last state if it is gone, or its state with a deletion timestamp.</param>
/// <param name="IsGone">Whether it is gone; otherwise a grace period or finalizers delay it.</param>
public sealed record DeletionResult(StoredObject Object, bool IsGone);
