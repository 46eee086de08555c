using System.Buffers;
using System.Runtime.InteropServices;
using Docker.DotNet;
using OrleansOrchestrator.Node.Runtime.Sessions;

namespace OrleansOrchestrator.Node.Runtime.Docker;

/// <summary>A session over one connection to the engine, which carries input one way and both outputs the other.</summary>
/// <param name="stream">The connection.</param>
/// <param name="request">The session's request.</param>
/// <param name="endsInput">Whether the process sees the end of its input when the caller's ends.</param>
/// <param name="resize">Sets the size of the terminal.</param>
/// <param name="exitCode">Waits for the exit code.</param>
/// <param name="kill">Kills the process of an abandoned session.</param>
internal sealed class DockerSession(
    MultiplexedStream stream,
    SessionRequest request,
    bool endsInput,
    Func<TerminalSize, CancellationToken, Task> resize,
    Func<CancellationToken, Task<int?>> exitCode,
    Func<Task> kill) : IContainerSession
{
    // A frame of the engine's stream; larger ones are passed on in parts.
    private const int BufferBytes = 16 * 1024;
    private static readonly byte[] EndOfTransmission = [4];

    private bool _hasEnded;

    public async ValueTask WriteInputAsync(ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        if (!request.Stdin)
            return;
        var array = MemoryMarshal.TryGetArray(input, out var segment) ? segment : new ArraySegment<byte>(input.ToArray());
        try
        {
            await stream.WriteAsync(array.Array!, array.Offset, array.Count, cancellationToken);
        }
        catch (ObjectDisposedException ended)
        {
            throw new IOException("the session has ended", ended);
        }
    }

    public async ValueTask EndInputAsync(CancellationToken cancellationToken)
    {
        if (!endsInput)
            return;

        // A terminal has no end of input; programs that read lines take this character for it.
        if (request.Tty)
            await WriteInputAsync(EndOfTransmission, cancellationToken);
        else if (request.Stdin)
            stream.CloseWrite();
    }

    public async Task ResizeAsync(TerminalSize size, CancellationToken cancellationToken)
    {
        if (!request.Tty)
            return;
        try
        {
            await resize(size, cancellationToken);
        }
        catch (Exception exception) when (DockerEngine.IsFailure(exception) && !cancellationToken.IsCancellationRequested)
        {
            // The process has just ended.
        }
    }

    public async Task<int?> CopyOutputAsync(SessionOutput output, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (await ReadAsync(buffer, cancellationToken) is { EOF: false } part)
                await output(part.Target == MultiplexedStream.TargetStream.StandardError, buffer.AsMemory(0, part.Count), cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        var code = await exitCode(cancellationToken);
        _hasEnded = true;
        return code;
    }

    public async ValueTask DisposeAsync()
    {
        stream.Dispose();
        if (!_hasEnded)
            await kill();
    }

    private async Task<MultiplexedStream.ReadResult> ReadAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.ReadOutputAsync(buffer, 0, BufferBytes, cancellationToken);
        }
        catch (Exception exception) when (DockerEngine.IsFailure(exception) && !cancellationToken.IsCancellationRequested)
        {
            throw DockerErrors.ToRuntime(exception, RuntimeException.Unavailable);
        }
    }
}
