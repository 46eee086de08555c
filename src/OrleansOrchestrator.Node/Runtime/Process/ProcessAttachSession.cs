using OrleansOrchestrator.Node.Runtime.Sessions;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>
/// The streams of a container's main program. Its output is the growth of its log, in which stdout and stderr are one; its input is a
/// named pipe, if the container has one.
/// </summary>
/// <param name="copyLog">Follows the log until the container ends.</param>
/// <param name="pipe">The pipe; null if there is none or no input is wanted.</param>
/// <param name="onInputEnd">Called when this session's input ends.</param>
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
