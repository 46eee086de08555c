using OrleansOrchestrator.ControlPlane.Telemetry;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>An accepted change that is not durable yet.</summary>
/// <param name="Change">The change.</param>
/// <param name="Call">The number of the call that it came with.</param>
/// <param name="Trace">The activity of its write; null if it is not traced.</param>
/// <param name="Decided">Completes when the change is durable, or certain to fail.</param>
internal sealed record PendingChange(StoredChange Change, long Call, TraceContext? Trace, TaskCompletionSource<CommitResult> Decided)
{
    /// <summary>The change as the log stores it.</summary>
    public LogWrite ToLogWrite() => new(
        Change.Revision,
        Change.Type,
        Change.Object.Key.Namespace,
        Change.Object.Key.Name,
        Change.Object.Json,
        Change.Previous?.Revision ?? 0);
}
