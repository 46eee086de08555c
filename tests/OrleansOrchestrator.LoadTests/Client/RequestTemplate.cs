using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace OrleansOrchestrator.LoadTests.Client;

/// <summary>
/// A request that is sent many times with another number each time. It is encoded once; a number takes the place of each
/// <see cref="Placeholder"/>, digit for digit, so that lengths stay the same and sending one allocates nothing.
/// </summary>
internal sealed class RequestTemplate
{
    /// <summary>Stands for the number, in path and body.</summary>
    public const string Placeholder = "#######";

    private readonly int[] _wirePositions;
    private readonly Lazy<FramedRequest> _framed;

    /// <param name="target">The server.</param>
    /// <param name="method">The method.</param>
    /// <param name="path">Path and query.</param>
    /// <param name="body">The body; empty for none.</param>
    /// <param name="contentType">The body's media type.</param>
    public RequestTemplate(ApiTarget target, string method, string path, string body = "", string contentType = "application/json")
    {
        Method = new HttpMethod(method);
        Path = path;
        Body = Encoding.UTF8.GetBytes(body);
        ContentType = contentType;
        Wire = Encoding.UTF8.GetBytes(Head(target) + body);
        _wirePositions = Positions(Wire);
        _framed = new Lazy<FramedRequest>(() => Frame(target));
    }

    public HttpMethod Method { get; }

    public string Path { get; }

    public byte[] Body { get; }

    public string ContentType { get; }

    /// <summary>The whole request as HTTP/1.1, with placeholders.</summary>
    public byte[] Wire { get; }

    /// <summary>How many bytes the request has as frames of HTTP/2.</summary>
    /// <exception cref="InvalidOperationException">Its body does not fit into one.</exception>
    public int FramesLength => _framed.Value.Bytes.Length;

    /// <summary>Writes the request of a number into a buffer.</summary>
    /// <returns>How many bytes it has.</returns>
    public int Write(Span<byte> buffer, int number)
    {
        Wire.CopyTo(buffer);
        Fill(buffer, _wirePositions, number);
        return Wire.Length;
    }

    /// <summary>Writes the request of a number into a buffer, as frames of a stream.</summary>
    /// <returns>How many bytes it has.</returns>
    public int WriteFrames(Span<byte> buffer, int number, int stream)
    {
        var framed = _framed.Value;
        framed.Bytes.CopyTo(buffer);
        Fill(buffer, framed.Positions, number);
        BinaryPrimitives.WriteInt32BigEndian(buffer[Http2Frames.StreamOffset..], stream);
        if (Body.Length > 0)
            BinaryPrimitives.WriteInt32BigEndian(buffer[(framed.DataFrame + Http2Frames.StreamOffset)..], stream);
        return framed.Bytes.Length;
    }

    /// <summary>The path of a number.</summary>
    public string PathOf(int number) => Path.Replace(Placeholder, number.ToString("D7", CultureInfo.InvariantCulture), StringComparison.Ordinal);

    /// <summary>The body of a number.</summary>
    public byte[] BodyOf(int number)
    {
        var body = (byte[])Body.Clone();
        Fill(body, Positions(body), number);
        return body;
    }

    private string Head(ApiTarget target)
    {
        var head = new StringBuilder();
        head.Append(CultureInfo.InvariantCulture, $"{Method} {Path} HTTP/1.1\r\nHost: {target.Address.Authority}\r\n");
        foreach (var (name, _, value) in Headers(target))
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        return head.Append("\r\n").ToString();
    }

    /// <summary>The headers, each with its place in the static table of HPACK (RFC 7541, Appendix A).</summary>
    private IEnumerable<(string Name, int Place, string Value)> Headers(ApiTarget target)
    {
        yield return ("Accept", 19, "application/json");
        if (target.Token is not null)
            yield return ("Authorization", 23, $"Bearer {target.Token}");
        if (Body.Length > 0)
        {
            yield return ("Content-Type", 31, ContentType);
            yield return ("Content-Length", 28, Body.Length.ToString(CultureInfo.InvariantCulture));
        }
    }

    private FramedRequest Frame(ApiTarget target)
    {
        if (Body.Length > Http2Frames.PayloadMax)
            throw new InvalidOperationException($"a body of {Body.Length} bytes does not fit into one frame of HTTP/2");
        var headers = new ArrayBufferWriter<byte>();
        Http2Frames.WriteHeader(headers, 2, Method.Method);
        Http2Frames.WriteHeader(headers, 6, target.Address.Scheme);
        Http2Frames.WriteHeader(headers, 1, target.Address.Authority);
        Http2Frames.WriteHeader(headers, 4, Path);
        foreach (var (_, place, value) in Headers(target))
            Http2Frames.WriteHeader(headers, place, value);

        var frames = new ArrayBufferWriter<byte>();
        var headerFlags = Body.Length > 0 ? Http2Flags.EndHeaders : Http2Flags.EndHeaders | Http2Flags.EndStream;
        Http2Frames.Write(frames, Http2FrameType.Headers, headerFlags, 0, headers.WrittenSpan);
        var dataFrame = frames.WrittenCount;
        if (Body.Length > 0)
            Http2Frames.Write(frames, Http2FrameType.Data, Http2Flags.EndStream, 0, Body);
        return new FramedRequest(frames.WrittenSpan.ToArray(), dataFrame, Positions(frames.WrittenSpan));
    }

    private static void Fill(Span<byte> bytes, int[] positions, int number)
    {
        foreach (var position in positions)
            number.TryFormat(bytes[position..], out _, "D7", CultureInfo.InvariantCulture);
    }

    private static int[] Positions(ReadOnlySpan<byte> bytes)
    {
        var placeholder = Encoding.UTF8.GetBytes(Placeholder);
        var positions = new List<int>();
        for (var at = 0; bytes[at..].IndexOf(placeholder) is >= 0 and var offset; at += offset + placeholder.Length)
            positions.Add(at + offset);
        return [.. positions];
    }

    /// <summary>A request as frames, with placeholders and without a stream.</summary>
    /// <param name="Bytes">The frames.</param>
    /// <param name="DataFrame">Where the frame of the body begins, if there is one.</param>
    /// <param name="Positions">Where the placeholders are.</param>
    private sealed record FramedRequest(byte[] Bytes, int DataFrame, int[] Positions);
}
