using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Sessions;

namespace OrleansOrchestrator.Node.Server.Streams;

/// <summary>A session that was asked for, or why the runtime refused it, which its caller is told over the error channel.</summary>
/// <param name="Session">The session; null if it was refused.</param>
/// <param name="Failure">Why; null if there is a session.</param>
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
