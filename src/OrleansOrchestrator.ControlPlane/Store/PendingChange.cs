using OrleansOrchestrator.ControlPlane.Telemetry;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>An accepted change on its way to durability.</summary>
/// <param name="Change">The change.</param>
/// <param name="Call">The call that it came with.</param>
/// <param name="Trace">The activity of its write; null if nobody traces it.</param>
/// <param name="Decided">Completed once the change is durable, or certain not to become so.</param>
internal sealed record PendingChange(StoredChange Change, long Call, TraceContext? Trace, TaskCompletionSource<CommitResult> Decided)
{
    /// <summary>The change as the log keeps it.</summary>
    public LogWrite ToLogWrite() => new(
        Change.Revision,
        Change.Type,
        Change.Object.Key.Namespace,
        Change.Object.Key.Name,
        Change.Object.Json,
        Change.Previous?.Revision ?? 0);
}
