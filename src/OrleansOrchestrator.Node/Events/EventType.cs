namespace OrleansOrchestrator.Node.Events;

internal enum EventType
{
    Normal,
    Warning,
}
