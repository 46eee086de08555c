using System.Buffers.Binary;
using System.Text;

namespace OrleansOrchestrator.Node.Spdy;

/// <summary>The text that both sides of SPDY/3 assume before the first header, so that common words are compressed from the start.</summary>
/// <remarks>SPDY protocol draft 3.1, section 2.6.10.1: each word with its length in four bytes, and a tail without lengths.</remarks>
internal static class SpdyDictionary
{
    private static readonly string[] Words =
    [
        "options", "head", "post", "put", "delete", "trace", "accept", "accept-charset", "accept-encoding", "accept-language", "accept-ranges",
        "age", "allow", "authorization", "cache-control", "connection", "content-base", "content-encoding", "content-language",
        "content-length", "content-location", "content-md5", "content-range", "content-type", "date", "etag", "expect", "expires", "from",
        "host", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "last-modified", "location",
        "max-forwards", "pragma", "proxy-authenticate", "proxy-authorization", "range", "referer", "retry-after", "server", "te", "trailer",
        "transfer-encoding", "upgrade", "user-agent", "vary", "via", "warning", "www-authenticate", "method", "get", "status", "200 OK",
        "version", "HTTP/1.1", "url", "public", "set-cookie", "keep-alive", "origin",
    ];

    private const string Tail =
        "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative Information"
        + "204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error"
        + "501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, "
        + "Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,"
        + "publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";

    /// <summary>The bytes.</summary>
    public static ReadOnlyMemory<byte> Bytes { get; } = Build();

    private static byte[] Build()
    {
        var bytes = new byte[Words.Sum(word => 4 + word.Length) + Tail.Length];
        var at = 0;
        foreach (var word in Words)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at), word.Length);
            at += 4 + Encoding.ASCII.GetBytes(word, bytes.AsSpan(at + 4));
        }

        Encoding.ASCII.GetBytes(Tail, bytes.AsSpan(at));
        return bytes;
    }
}
