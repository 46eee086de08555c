namespace OrleansOrchestrator.Controllers.Actions;

/// <summary>An event to record on the primary object.</summary>
/// <param name="Type"><c>Normal</c> or <c>Warning</c>.</param>
/// <param name="Reason">A short CamelCase reason.</param>
/// <param name="Message">What happened.</param>
public sealed record PlannedEvent(string Type, string Reason, string Message);
