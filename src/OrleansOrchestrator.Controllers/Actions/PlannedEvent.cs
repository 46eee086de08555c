using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Actions;

/// <summary>An event to record on the primary object, unless it names another object.</summary>
/// <param name="Type"><c>Normal</c> or <c>Warning</c>.</param>
/// <param name="Reason">A short CamelCase reason.</param>
/// <param name="Message">What happened.</param>
public sealed record PlannedEvent(string Type, string Reason, string Message)
{
    /// <summary>The object that it is about; null for the primary.</summary>
    public (ResourceName Resource, ObjectKey Key)? Regarding { get; init; }
}
