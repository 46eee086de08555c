using System.Buffers;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>The whole body of a request in a pooled buffer, which disposal returns.</summary>
internal sealed class RequestBody : IDisposable
{
    // Most bodies fit, and the buffer doubles for others.
    private const int FirstBufferBytes = 4096;
    private byte[] _buffer;

    private RequestBody(int sizeHint) => _buffer = ArrayPool<byte>.Shared.Rent(sizeHint);

    /// <summary>The bytes. Valid until disposal.</summary>
    public ReadOnlySpan<byte> Span => _buffer.AsSpan(0, Length);

    /// <summary>The number of bytes.</summary>
    public int Length { get; private set; }

    /// <summary>The faults of the fields of a YAML body.</summary>
    public IReadOnlyList<string> YamlFaults { get; private init; } = [];

    /// <summary>A body of existing bytes.</summary>
    public static RequestBody Of(ReadOnlySpan<byte> bytes, IReadOnlyList<string>? yamlFaults = null)
    {
        var body = new RequestBody(bytes.Length) { Length = bytes.Length, YamlFaults = yamlFaults ?? [] };
        bytes.CopyTo(body._buffer);
        return body;
    }

    /// <summary>Reads a body unchanged: as in Kubernetes, compressed bodies are not decompressed.</summary>
    /// <param name="request">The request.</param>
    /// <param name="bytesMax">The most bytes.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="ApiException">413: too large.</exception>
    public static async ValueTask<RequestBody> ReadAsync(HttpRequest request, int bytesMax, CancellationToken cancellationToken)
    {
        if (request.ContentLength > bytesMax)
            throw ApiErrors.RequestEntityTooLarge(bytesMax);

        var body = new RequestBody((int)(request.ContentLength ?? FirstBufferBytes));
        try
        {
            await body.ReadAllAsync(request.Body, bytesMax, cancellationToken);
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        Length = 0;
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
    }

    private async ValueTask ReadAllAsync(Stream stream, int bytesMax, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (Length == _buffer.Length)
                Grow();
            var read = await stream.ReadAsync(_buffer.AsMemory(Length), cancellationToken);
            if (read == 0)
                return;
            Length += read;
            if (Length > bytesMax)
                throw ApiErrors.RequestEntityTooLarge(bytesMax);
        }
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(FirstBufferBytes, _buffer.Length * 2));
        Span.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
