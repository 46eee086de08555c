using OrleansOrchestrator.Node.Runtime.Sessions;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>
/// The streams of a container's own program: its output is what comes to its log from now on, where both of its streams are one; its
/// input is a named pipe, if the container has one.
/// </summary>
/// <param name="copyLog">Follows the log until the container ends.</param>
/// <param name="pipe">The pipe; null if there is none or it is not wanted.</param>
/// <param name="onInputEnd">Called when this session gives no more input.</param>
internal sealed class ProcessAttachSession(Func<Stream, CancellationToken, Task> copyLog, WaitingFile? pipe, Action onInputEnd) : IContainerSession
{
    private int _hasEnded;

    public async ValueTask WriteInputAsync(ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        if (pipe is not null)
            await pipe.WriteAsync(input, cancellationToken);
    }

    public ValueTask EndInputAsync(CancellationToken cancellationToken)
    {
        if (pipe is not null && Interlocked.Exchange(ref _hasEnded, 1) == 0)
        {
            onInputEnd();
            pipe.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    public Task ResizeAsync(TerminalSize size, CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task<int?> CopyOutputAsync(SessionOutput output, CancellationToken cancellationToken)
    {
        await using var stream = new OutputStream(output);
        await copyLog(stream, cancellationToken);
        return null;
    }

    public ValueTask DisposeAsync() => EndInputAsync(CancellationToken.None);
}
