using System.Net.Security;

namespace OrleansOrchestrator.LoadTests.Client;

/// <summary>One HTTP/1.1 connection over TLS that costs the client next to nothing: a request is one write of prepared bytes,
/// an answer is only searched for its status and its end. Connects anew after it was lost.</summary>
internal sealed class Http1Channel(ApiTarget target) : IApiChannel
{
    private const int SmallestBufferBytes = 16 * 1024;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private byte[] _request = new byte[SmallestBufferBytes];
    private SslStream? _stream;

    public async ValueTask<CallResult> SendAsync(RequestTemplate request, int number)
    {
        var parser = new ResponseParser();
        try
        {
            var stream = await BeginAsync(request, number, CancellationToken.None);
            var kept = 0;
            while (!parser.IsDone)
            {
                var count = await stream.ReadAsync(_buffer.AsMemory(kept));
                if (count == 0)
                    throw new IOException("the server ended the connection");
                kept = Keep(ref parser, kept + count);
            }

            return new CallResult(parser.Status, parser.BodyBytes);
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public async Task StreamLinesAsync(RequestTemplate request, int number, Action<int> received, CancellationToken cancellationToken)
    {
        var parser = new ResponseParser { CountsLines = true };
        try
        {
            var stream = await BeginAsync(request, number, cancellationToken);
            int kept = 0, told = 0;
            var hasBegun = false;
            while (!parser.IsDone)
            {
                var count = await stream.ReadAsync(_buffer.AsMemory(kept), cancellationToken);
                if (count == 0)
                    throw new IOException("the server ended the connection");
                kept = Keep(ref parser, kept + count);
                if (parser.HasHead && parser.Status != 200)
                    throw new IOException($"the watch was refused with {parser.Status}");
                if ((parser.HasHead && !hasBegun) || parser.Lines > told)
                    received(parser.Lines - told);
                hasBegun |= parser.HasHead;
                told = parser.Lines;
            }
        }
        finally
        {
            await DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_stream is not { } stream)
            return;
        _stream = null;
        await stream.DisposeAsync();
    }

    private async ValueTask<SslStream> BeginAsync(RequestTemplate request, int number, CancellationToken cancellationToken)
    {
        var stream = _stream ??= await target.ConnectAsync(SslApplicationProtocol.Http11, cancellationToken);
        if (_request.Length < request.Wire.Length)
            _request = new byte[request.Wire.Length * 2];
        var length = request.Write(_request, number);
        await stream.WriteAsync(_request.AsMemory(0, length), cancellationToken);
        return stream;
    }

    /// <summary>Reads what is in the buffer and moves what is left over to its start.</summary>
    private int Keep(ref ResponseParser parser, int count)
    {
        var used = parser.Read(_buffer.AsSpan(0, count));
        if (used == 0 && count == _buffer.Length)
            throw new IOException("the head of the answer is too long");
        _buffer.AsSpan(used..count).CopyTo(_buffer);
        return count - used;
    }
}
