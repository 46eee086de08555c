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

    /// <summary>Reads the lines of both files, oldest first, with their times.</summary>
    /// <param name="most">How much of the current file is read.</param>
    public IEnumerable<LogLine> ReadLines(long most) =>
        (File.Exists(_older) ? ReadLines(_older, long.MaxValue) : []).Concat(File.Exists(_current) ? ReadLines(_current, most) : []);

    /// <summary>How much of the current file is whole lines.</summary>
    public long FindWholeLines() => File.Exists(_current) ? Array.LastIndexOf(File.ReadAllBytes(_current), (byte)'\n') + 1 : 0;

    /// <summary>Opens the current file for following, at a position.</summary>
    public FileStream OpenCurrent() => new(_current, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    public long CurrentLength => File.Exists(_current) ? new FileInfo(_current).Length : 0;

    private static IEnumerable<LogLine> ReadLines(string path, long most)
    {
        var times = LogTimes.Read(IndexOf(path), new DateTimeOffset(File.GetLastWriteTimeUtc(path)));
        var content = File.ReadAllBytes(path);
        var length = (int)Math.Min(content.Length, most);
        var start = 0;
        while (start < length)
        {
            var end = Array.IndexOf(content, (byte)'\n', start, length - start);
            var next = end < 0 ? length : end + 1;
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
