using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Sessions;

namespace OrleansOrchestrator.Node.Server.Streams;

/// <summary>An opened session, or the runtime's refusal, which the caller gets over the error channel.</summary>
/// <param name="Session">The session; null if it was refused.</param>
/// <param name="Failure">The refusal; null if there is a session.</param>
internal sealed record OpenedSession(IContainerSession? Session, RuntimeException? Failure) : IAsyncDisposable
{
    /// <summary>Opens a session.</summary>
    public static async Task<OpenedSession> OpenAsync(Func<Task<IContainerSession>> open)
    {
        try
        {
            return new OpenedSession(await open(), null);
        }
        catch (RuntimeException failure)
        {
            return new OpenedSession(null, failure);
        }
    }

    public ValueTask DisposeAsync() => Session?.DisposeAsync() ?? ValueTask.CompletedTask;
}
