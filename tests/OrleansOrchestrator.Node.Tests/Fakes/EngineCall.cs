using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>A call of an engine's API, byte for byte: a server would neither send half of an answer nor take the body of an upgrade.</summary>
internal sealed class EngineCall
{
    private readonly NetworkStream _stream;
    private bool _isChunked;

    private EngineCall(NetworkStream stream, string method, string target, byte[] body)
    {
        _stream = stream;
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? target : target[..query];
        Method = method;
        // The first part is the version.
        Path = path[path.IndexOf('/', 1)..];
        Query = new QueryCollection(QueryHelpers.ParseQuery(query < 0 ? "" : target[query..]));
        Body = body is [(byte)'{', ..] ? JsonNode.Parse(body) : null;
    }

    public string Method { get; }

    public string Path { get; }

    public IQueryCollection Query { get; }

    public JsonNode? Body { get; }

    /// <summary>Whether the connection can take another call.</summary>
    public bool IsAnswered { get; private set; }

    /// <summary>Reads a call; null at the end of the connection.</summary>
    public static async Task<EngineCall?> ReadAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        while (await ReadLineAsync(stream, cancellationToken) is { } line && (line.Length > 0 || lines.Count == 0))
            lines.Add(line);
        if (lines.Count == 0)
            return null;
        var first = lines[0].Split(' ');
        var headers = lines.Skip(1).Select(line => line.Split(':', 2)).ToDictionary(parts => parts[0], parts => parts[1].Trim(), StringComparer.OrdinalIgnoreCase);
        var body = headers.TryGetValue("Content-Length", out var length) ? await ReadExactlyAsync(stream, int.Parse(length, CultureInfo.InvariantCulture), cancellationToken)
            : headers.ContainsKey("Transfer-Encoding") ? await ReadChunksAsync(stream, cancellationToken)
            : [];
        return new EngineCall(stream, first[0], first[1], body);
    }

    public async Task AnswerAsync(int code, object body)
    {
        var content = code == 204 ? "" : JsonSerializer.Serialize(body);
        await WriteAsync($"{Head(code, "application/json")}Content-Length: {Encoding.UTF8.GetByteCount(content)}\r\n\r\n{content}");
        IsAnswered = true;
    }

    /// <summary>Takes the connection over: its end is that of the answer.</summary>
    public Task UpgradeAsync() =>
        WriteAsync("HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");

    /// <summary>Begins an answer in chunks.</summary>
    public Task BeginAsync()
    {
        _isChunked = true;
        return WriteAsync($"{Head(200, "application/vnd.docker.multiplexed-stream")}Transfer-Encoding: chunked\r\n\r\n");
    }

    /// <summary>Ends an answer in chunks.</summary>
    public Task EndAsync()
    {
        IsAnswered = true;
        return WriteAsync("0\r\n\r\n");
    }

    /// <summary>Writes a part of a container's output.</summary>
    public async Task WriteFrameAsync(bool isError, ReadOnlyMemory<byte> content)
    {
        var frame = new byte[8 + content.Length];
        frame[0] = isError ? (byte)2 : (byte)1;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), content.Length);
        content.CopyTo(frame.AsMemory(8));
        if (_isChunked)
            await WriteAsync(frame.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n");
        await _stream.WriteAsync(frame);
        if (_isChunked)
            await WriteAsync("\r\n");
    }

    public async Task WriteAsync(string text) => await _stream.WriteAsync(Encoding.UTF8.GetBytes(text));

    public static string Head(int code, string type) => $"HTTP/1.1 {code} Status\r\nContent-Type: {type}\r\n";

    private static async Task<byte[]> ReadChunksAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        while (int.Parse((await ReadLineAsync(stream, cancellationToken))!, NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0 and var length)
        {
            body.Write(await ReadExactlyAsync(stream, length, cancellationToken));
            await ReadLineAsync(stream, cancellationToken);
        }

        await ReadLineAsync(stream, cancellationToken);
        return body.ToArray();
    }

    private static async Task<byte[]> ReadExactlyAsync(NetworkStream stream, int length, CancellationToken cancellationToken)
    {
        var body = new byte[length];
        await stream.ReadExactlyAsync(body, cancellationToken);
        return body;
    }

    private static async Task<string?> ReadLineAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        var letter = new byte[1];
        while (await stream.ReadAsync(letter, cancellationToken) == 1)
        {
            if (letter[0] == '\n')
                return line.ToString().TrimEnd('\r');
            line.Append((char)letter[0]);
        }

        return line.Length == 0 ? null : line.ToString();
    }
}
