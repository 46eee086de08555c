namespace OrleansOrchestrator.Node.Events;

/// <summary>Events that agree in all of this are one event with a count.</summary>
internal sealed record EventKey(string Component, string ObjectUid, string? FieldPath, string Type, string Reason, string Message);
