using System.Globalization;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>The log of a process container: its output, and when the daemon saw it grow.</summary>
/// <remarks>
/// The program writes to the file itself, so that its output survives the daemon and costs nothing. An index records when each length
/// was first seen. A line has the time of the first length behind it, exact to the polling interval. A log that grows too long is moved
/// aside once and started anew.
/// </remarks>
internal sealed class ProcessLog(string folder)
{
    // The size of a log file in Docker's runtime here.
    private const long LengthMax = 10 * 1024 * 1024;

    private readonly string _current = Path.Combine(folder, "log");
    private readonly string _older = Path.Combine(folder, "log.1");
    private long _seen = -1;

    public DateTimeOffset? LastWrittenAt => File.Exists(_current) ? new(File.GetLastWriteTimeUtc(_current)) : null;

    /// <summary>Records the log's present length, and bounds it.</summary>
    public void Poll(DateTimeOffset now)
    {
        if (!File.Exists(_current))
            return;
        var length = new FileInfo(_current).Length;
        if (length == _seen)
            return;
        _seen = length;
        File.AppendAllText(IndexOf(_current), string.Create(
            CultureInfo.InvariantCulture, $"{length} {now.ToUnixTimeMilliseconds()}\n"));
        if (length > LengthMax)
            Rotate();
    }

    /// <summary>Reads the whole lines and the unfinished last one of both files, oldest first, with their times.</summary>
    public IEnumerable<LogLine> ReadLines() => new[] { _older, _current }.Where(File.Exists).SelectMany(ReadLines);

    /// <summary>Opens the current file for following, at a position.</summary>
    public FileStream OpenCurrent() => new(_current, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    public long CurrentLength => File.Exists(_current) ? new FileInfo(_current).Length : 0;

    private static IEnumerable<LogLine> ReadLines(string path)
    {
        var times = LogTimes.Read(IndexOf(path), new DateTimeOffset(File.GetLastWriteTimeUtc(path)));
        var content = File.ReadAllBytes(path);
        var start = 0;
        while (start < content.Length)
        {
            var end = Array.IndexOf(content, (byte)'\n', start);
            var next = end < 0 ? content.Length : end + 1;
            yield return new LogLine(times.At(next), content.AsMemory(start, next - start));
            start = next;
        }
    }

    /// <summary>The program appends to its open file, so that the file is copied and truncated instead of renamed. Output written in
    /// between is lost.</summary>
    private void Rotate()
    {
        File.Copy(_current, _older, overwrite: true);
        File.Move(IndexOf(_current), IndexOf(_older), overwrite: true);
        using (var file = new FileStream(_current, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            file.SetLength(0);
        _seen = 0;
    }

    private static string IndexOf(string path) => path + ".times";
}
