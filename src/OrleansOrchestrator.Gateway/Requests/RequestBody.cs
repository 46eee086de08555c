using System.Buffers;
using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>The body of a request, whole, in a pooled buffer that is given back on disposal.</summary>
internal sealed class RequestBody : IDisposable
{
    private const int FirstBufferBytes = 4096;
    private byte[] _buffer;

    private RequestBody(int sizeHint) => _buffer = ArrayPool<byte>.Shared.Rent(sizeHint);

    /// <summary>The bytes. Valid until disposal.</summary>
    public ReadOnlySpan<byte> Span => _buffer.AsSpan(0, Length);

    /// <summary>How many there are.</summary>
    public int Length { get; private set; }

    /// <summary>A body of bytes that are at hand already.</summary>
    public static RequestBody Of(ReadOnlySpan<byte> bytes)
    {
        var body = new RequestBody(bytes.Length) { Length = bytes.Length };
        bytes.CopyTo(body._buffer);
        return body;
    }

    /// <summary>Reads a body, decompressing it if it says so.</summary>
    /// <param name="request">The request.</param>
    /// <param name="bytesMax">The most bytes, after decompression.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="ApiException">413: too large; 415: an unknown encoding; 400: not what the encoding says.</exception>
    public static async ValueTask<RequestBody> ReadAsync(HttpRequest request, int bytesMax, CancellationToken cancellationToken)
    {
        if (request.ContentLength > bytesMax)
            throw ApiErrors.RequestEntityTooLarge(bytesMax);

        var encoding = request.Headers.ContentEncoding;
        var body = new RequestBody((int)(request.ContentLength ?? FirstBufferBytes));
        try
        {
            if (encoding.Count == 0 || encoding[0] is "" or "identity")
            {
                await body.ReadAllAsync(request.Body, bytesMax, cancellationToken);
            }
            else if (encoding.Count == 1 && encoding[0] is "gzip")
            {
                await using var unzipped = new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true);
                await body.ReadAllAsync(unzipped, bytesMax, cancellationToken);
            }
            else
            {
                throw ApiErrors.UnsupportedMediaType($"content encoding {encoding}", "gzip");
            }

            return body;
        }
        catch (InvalidDataException malformed)
        {
            body.Dispose();
            throw ApiErrors.BadRequest($"the body is not gzip: {malformed.Message}");
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
