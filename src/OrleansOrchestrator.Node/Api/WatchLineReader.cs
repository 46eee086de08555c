using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using k8s;
using k8s.Models;

namespace OrleansOrchestrator.Node.Api;

/// <summary>Parses the body of a watch response into events.</summary>
/// <remarks>
/// The client package's watcher decodes every line two or three times from a string, and passes an error such as 410 Gone to a callback
/// while it goes on reading. Here a line stays bytes, is scanned once for its type, its object is decoded once, and an error ends the
/// stream as an <see cref="ApiException"/>.
/// </remarks>
internal static class WatchLineReader
{
    /// <summary>The longest accepted line. The server limits objects to 1.5 MiB.</summary>
    public const int LineBytesMax = 4 * 1024 * 1024;

    public static async IAsyncEnumerable<WatchEvent<T>> ReadAsync<T>(
        Stream body, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(body, new StreamPipeReaderOptions(leaveOpen: true));
        try
        {
            while (true)
            {
                var result = await reader.ReadAsync(cancellationToken);
                var buffer = result.Buffer;
                while (TryTakeLine(ref buffer, out var line))
                {
                    if (!line.IsEmpty)
                        yield return Parse<T>(line.ToArray());
                }

                if (buffer.Length > LineBytesMax)
                    throw new InvalidDataException($"A watch event is longer than {LineBytesMax} bytes.");

                reader.AdvanceTo(buffer.Start, buffer.End);
                if (result.IsCompleted)
                    yield break;
            }
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    private static bool TryTakeLine(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> line)
    {
        if (buffer.PositionOf((byte)'\n') is not { } end)
        {
            line = default;
            return false;
        }

        line = buffer.Slice(0, end);
        buffer = buffer.Slice(buffer.GetPosition(1, end));
        return true;
    }

    internal static WatchEvent<T> Parse<T>(byte[] line)
    {
        string? type = null;
        Range? body = null;
        var json = new Utf8JsonReader(line);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isType = json.ValueTextEquals("type"u8);
            var isObject = json.ValueTextEquals("object"u8);
            json.Read();
            var start = (int)json.TokenStartIndex;
            if (isType)
                type = json.GetString();
            json.Skip();
            if (isObject)
                body = start..(int)json.BytesConsumed;
        }

        if (type is null || body is not { } range)
            throw new InvalidDataException("A watch event has no type or no object.");

        var (offset, length) = range.GetOffsetAndLength(line.Length);
        using var content = new MemoryStream(line, offset, length);
        return type switch
        {
            "ADDED" => new(WatchEventKind.Added, KubernetesJson.Deserialize<T>(content)),
            "MODIFIED" => new(WatchEventKind.Modified, KubernetesJson.Deserialize<T>(content)),
            "DELETED" => new(WatchEventKind.Deleted, KubernetesJson.Deserialize<T>(content)),
            "BOOKMARK" => new(WatchEventKind.Bookmark, KubernetesJson.Deserialize<T>(content)),
            "ERROR" => throw ToException(KubernetesJson.Deserialize<V1Status>(content)),
            _ => throw new InvalidDataException($"A watch event has the unknown type '{type}'."),
        };
    }

    private static ApiException ToException(V1Status status) =>
        new((HttpStatusCode)(status.Code ?? 500), status, status.Message ?? "The watch ended with an error.");
}
