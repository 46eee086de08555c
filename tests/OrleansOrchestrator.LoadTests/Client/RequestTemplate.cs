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
    }

    public HttpMethod Method { get; }

    public string Path { get; }

    public byte[] Body { get; }

    public string ContentType { get; }

    /// <summary>The whole request as HTTP/1.1, with placeholders.</summary>
    public byte[] Wire { get; }

    /// <summary>Writes the request of a number into a buffer.</summary>
    /// <returns>How many bytes it has.</returns>
    public int Write(Span<byte> buffer, int number)
    {
        Wire.CopyTo(buffer);
        foreach (var position in _wirePositions)
            number.TryFormat(buffer[position..], out _, "D7", CultureInfo.InvariantCulture);
        return Wire.Length;
    }

    /// <summary>The path of a number.</summary>
    public string PathOf(int number) => Path.Replace(Placeholder, number.ToString("D7", CultureInfo.InvariantCulture), StringComparison.Ordinal);

    /// <summary>The body of a number.</summary>
    public byte[] BodyOf(int number)
    {
        var body = (byte[])Body.Clone();
        foreach (var position in Positions(body))
            number.TryFormat(body.AsSpan(position), out _, "D7", CultureInfo.InvariantCulture);
        return body;
    }

    private string Head(ApiTarget target)
    {
        var head = new StringBuilder();
        head.Append(CultureInfo.InvariantCulture, $"{Method} {Path} HTTP/1.1\r\nHost: {target.Address.Authority}\r\nAccept: application/json\r\n");
        if (target.Token is not null)
            head.Append(CultureInfo.InvariantCulture, $"Authorization: Bearer {target.Token}\r\n");
        if (Body.Length > 0)
            head.Append(CultureInfo.InvariantCulture, $"Content-Type: {ContentType}\r\nContent-Length: {Body.Length}\r\n");
        return head.Append("\r\n").ToString();
    }

    private static int[] Positions(ReadOnlySpan<byte> bytes)
    {
        var placeholder = Encoding.UTF8.GetBytes(Placeholder);
        var positions = new List<int>();
        for (var at = 0; bytes[at..].IndexOf(placeholder) is >= 0 and var offset; at += offset + placeholder.Length)
            positions.Add(at + offset);
        return [.. positions];
    }
}
