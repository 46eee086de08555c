using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Objects;

/// <summary>What came of one write of several.</summary>
/// <param name="Object">The object as written; null if it was refused, or was gone already.</param>
/// <param name="Refused">Why it was refused; null if it was not.</param>
internal readonly record struct WriteOutcome(StoredObject? Object, ApiException? Refused);
