using System.Buffers.Text;

namespace OrleansOrchestrator.LoadTests.Client;

/// <summary>Reads one HTTP/1.1 response out of pieces as they arrive: status, length, and where it ends. Keeps nothing of the body.</summary>
internal struct ResponseParser
{
    private enum Part
    {
        Head,
        FixedBody,
        ChunkSize,
        ChunkBody,
        ChunkEnd,
        Trailer,
        Done,
    }

    private Part _part;
    private long _remaining;

    public int Status { get; private set; }

    /// <summary>Bytes of the body so far.</summary>
    public long BodyBytes { get; private set; }

    /// <summary>Line feeds in the body so far.</summary>
    public int Lines { get; private set; }

    public readonly bool HasHead => _part != Part.Head;

    public readonly bool IsDone => _part == Part.Done;

    /// <summary>Whether lines are counted.</summary>
    public bool CountsLines { get; init; }

    /// <summary>Reads what has arrived.</summary>
    /// <returns>How much of it was used; the rest is to be offered again with more behind it.</returns>
    public int Read(ReadOnlySpan<byte> bytes)
    {
        var used = 0;
        while (_part != Part.Done && used < bytes.Length)
        {
            var step = _part switch
            {
                Part.Head => ReadHead(bytes[used..]),
                Part.ChunkSize => ReadChunkSize(bytes[used..]),
                Part.ChunkEnd or Part.Trailer => ReadEmptyLine(bytes[used..]),
                _ => ReadBody(bytes[used..]),
            };
            if (step == 0)
                break;
            used += step;
        }

        return used;
    }

    private int ReadHead(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return 0;
        var head = bytes[..(end + 2)];
        Utf8Parser.TryParse(head[9..], out int status, out _);
        Status = status;
        if (ValueOf(head, "Content-Length: "u8) is { IsEmpty: false } length && Utf8Parser.TryParse(length, out _remaining, out _))
            _part = _remaining == 0 ? Part.Done : Part.FixedBody;
        else
            _part = ValueOf(head, "Transfer-Encoding: "u8).IsEmpty ? Part.Done : Part.ChunkSize;
        return end + 4;
    }

    private static ReadOnlySpan<byte> ValueOf(ReadOnlySpan<byte> head, ReadOnlySpan<byte> name)
    {
        var at = head.IndexOf(name);
        return at < 0 ? default : head[(at + name.Length)..];
    }

    private int ReadChunkSize(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n"u8);
        if (end < 0)
            return 0;
        if (!Utf8Parser.TryParse(bytes[..end], out _remaining, out _, 'x'))
            throw new IOException("a chunk has no size");
        _part = _remaining == 0 ? Part.Trailer : Part.ChunkBody;
        return end + 2;
    }

    private int ReadEmptyLine(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 2)
            return 0;
        _part = _part == Part.Trailer ? Part.Done : Part.ChunkSize;
        return 2;
    }

    private int ReadBody(ReadOnlySpan<byte> bytes)
    {
        var body = bytes[..(int)Math.Min(bytes.Length, _remaining)];
        BodyBytes += body.Length;
        if (CountsLines)
            Lines += body.Count((byte)'\n');
        _remaining -= body.Length;
        if (_remaining == 0)
            _part = _part == Part.FixedBody ? Part.Done : Part.ChunkEnd;
        return body.Length;
    }
}
