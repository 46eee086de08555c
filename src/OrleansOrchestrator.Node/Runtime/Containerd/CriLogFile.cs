namespace OrleansOrchestrator.Node.Runtime.Containerd;

/// <summary>Reads the entries of one log file, which may grow.</summary>
internal sealed class CriLogFile(FileStream file) : IDisposable
{
    // A runtime cuts lines at 16 KiB; what is longer is no entry.
    private const int BufferBytes = 256 * 1024;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _start;
    private int _end;
    private bool _isSkipping;

    /// <summary>Reads the next whole entry. Its memory is valid until the next call.</summary>
    /// <returns>The entry; null at the present end of the file.</returns>
    public CriLogEntry? Read()
    {
        while (true)
        {
            while (_buffer.AsSpan(_start.._end).IndexOf((byte)'\n') is >= 0 and var length)
            {
                var line = _buffer.AsMemory(_start, length);
                _start += length + 1;
                var isRest = _isSkipping;
                _isSkipping = false;
                if (!isRest && CriLogEntry.Parse(line) is { } entry)
                    return entry;
            }

            if (!Fill())
                return null;
        }
    }

    public void Dispose() => file.Dispose();

    private bool Fill()
    {
        if (_start == 0 && _end == _buffer.Length)
            (_end, _isSkipping) = (0, true);
        _buffer.AsSpan(_start.._end).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        var read = file.Read(_buffer.AsSpan(_end));
        _end += read;
        return read > 0;
    }
}
