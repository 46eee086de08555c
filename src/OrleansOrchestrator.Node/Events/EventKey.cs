namespace OrleansOrchestrator.Node.Events;

/// <summary>Events that are equal in all these fields are one event with a count.</summary>
internal sealed record EventKey(string Component, string ObjectUid, string? FieldPath, string Type, string Reason, string Message);
