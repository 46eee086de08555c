using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Node.Runtime.Sessions;
using OrleansOrchestrator.Node.Spdy;

namespace OrleansOrchestrator.Node.Runtime.Containerd;

/// <summary>The streams of a session at the runtime's server; those that nobody wants are null.</summary>
internal sealed record ContainerdStreams(SpdyStream Error, SpdyStream? Input, SpdyStream? Output, SpdyStream? Errors, SpdyStream? Sizes);

/// <summary>A session over one connection to the runtime's server.</summary>
/// <param name="request">The session's request.</param>
/// <param name="hasExitCode">Whether the process was started for the session.</param>
/// <param name="response">The answer that became the connection.</param>
/// <param name="connection">The connection.</param>
/// <param name="running">Completes when the connection has ended.</param>
/// <param name="streams">Its streams.</param>
internal sealed class ContainerdSession(
    SessionRequest request, bool hasExitCode, HttpResponseMessage response, SpdyConnection connection, Task running, ContainerdStreams streams) : IContainerSession
{
    private const int BufferBytes = 16 * 1024;
    private const int StatusBytesMax = 64 * 1024;
    private static readonly byte[] EndOfTransmission = [4];

    public async ValueTask WriteInputAsync(ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        if (streams.Input is { } stream)
            await stream.WriteAsync(input, cancellationToken);
    }

    public async ValueTask EndInputAsync(CancellationToken cancellationToken)
    {
        // A terminal has no end of input; programs that read lines take this character for it.
        if (request.Tty)
            await WriteInputAsync(EndOfTransmission, cancellationToken);
        else if (streams.Input is { } stream)
            await stream.CompleteAsync(cancellationToken);
    }

    public async Task ResizeAsync(TerminalSize size, CancellationToken cancellationToken)
    {
        if (streams.Sizes is not { } stream)
            return;
        try
        {
            var text = JsonSerializer.Serialize(new { Width = size.Columns, Height = size.Rows }) + "\n";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(text), cancellationToken);
        }
        catch (IOException)
        {
            // The process has just ended.
        }
    }

    public async Task<int?> CopyOutputAsync(SessionOutput output, CancellationToken cancellationToken)
    {
        using var order = new SemaphoreSlim(1);
        await Task.WhenAll(CopyAsync(streams.Output, isError: false, request.Stdout), CopyAsync(streams.Errors, isError: true, request.Stderr));
        return await ReadEndAsync(cancellationToken);

        async Task CopyAsync(SpdyStream? stream, bool isError, bool isWanted)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
            try
            {
                while (await ReadAsync(stream, buffer.AsMemory(0, BufferBytes), cancellationToken) is > 0 and var count)
                {
                    if (!isWanted)
                        continue;
                    await order.WaitAsync(cancellationToken);
                    try
                    {
                        await output(isError, buffer.AsMemory(0, count), cancellationToken);
                    }
                    finally
                    {
                        order.Release();
                    }
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        // First, because the connection may wait for a reader of theirs.
        foreach (var stream in new[] { streams.Error, streams.Input, streams.Output, streams.Errors, streams.Sizes })
            stream?.Dispose();
        response.Dispose();
        await running;
        connection.Dispose();
    }

    /// <summary>Reads how the session ended: a status, with the exit code of a command that failed.</summary>
    private async Task<int?> ReadEndAsync(CancellationToken cancellationToken)
    {
        var content = new byte[StatusBytesMax];
        var length = 0;
        while (await ReadAsync(streams.Error, content.AsMemory(length), cancellationToken) is > 0 and var count)
            length += count;
        var text = Encoding.UTF8.GetString(content, 0, length);
        var status = Parse(text);
        if (status?["status"]?.GetValue<string>() == "Success")
            return hasExitCode ? 0 : null;
        var code = status?["details"]?["causes"]?.AsArray().FirstOrDefault(cause => cause?["reason"]?.GetValue<string>() == "ExitCode")?["message"]?.GetValue<string>();
        return int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new RuntimeException(RuntimeException.RunContainer, status?["message"]?.GetValue<string>() ?? $"the container runtime has ended the session{text.Insert(0, text.Length > 0 ? ": " : "")}");
    }

    /// <summary>The server resets what it has finished. Whether it had finished, the status tells.</summary>
    private static async ValueTask<int> ReadAsync(SpdyStream? stream, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return stream is null || buffer.IsEmpty ? 0 : await stream.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static JsonNode? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
