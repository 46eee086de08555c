using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Objects;

/// <summary>The outcome of one of several writes.</summary>
/// <param name="Object">The written object; null if the write was refused, or the object was already gone.</param>
/// <param name="Refused">The error; null if the write succeeded.</param>
internal readonly record struct WriteOutcome(StoredObject? Object, ApiException? Refused);
