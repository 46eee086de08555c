using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Objects;

/// <summary>The outcome of a deletion.</summary>
/// <param name="Object">The object: its last state if it is gone, or the state that is marked as being deleted.</param>
/// <param name="IsGone">Whether it is gone already; otherwise a grace period or finalizers keep it for now.</param>
public sealed record DeletionResult(StoredObject Object, bool IsGone);
