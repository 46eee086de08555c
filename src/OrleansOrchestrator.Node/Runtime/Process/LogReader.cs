using System.Globalization;
using System.Text;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>Answers log queries from the files of a process container.</summary>
internal static class LogReader
{
    // How late a followed line is sent.
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    /// <param name="log">The log.</param>
    /// <param name="query">The requested part.</param>
    /// <param name="isRunning">Whether more output may come.</param>
    /// <param name="output">The output.</param>
    /// <param name="timeProvider">The clock of following.</param>
    /// <param name="cancellationToken">Ends following.</param>
    public static async Task CopyAsync(
        ProcessLog log, LogQuery query, Func<bool> isRunning, Stream output, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        // Following goes on where reading ends; a line that has only begun belongs to it.
        var position = query.Follow ? log.FindWholeLines() : long.MaxValue;
        var lines = log.ReadLines(position).Where(line => query.Since is not { } since || line.Time >= since);
        foreach (var line in query.TailLines is { } tail ? lines.TakeLast(tail) : lines)
            await WriteAsync(line, query.Timestamps, output, cancellationToken);
        if (query.Follow)
            await FollowAsync(log, position, query.Timestamps, isRunning, output, timeProvider, cancellationToken);
    }

    /// <summary>Writes the growing log from a position on, until the container ends.</summary>
    public static async Task FollowAsync(
        ProcessLog log, long position, bool timestamps, Func<bool> isRunning, Stream output, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Asked before reading, so that the last output of a program is not missed.
            var goesOn = isRunning();
            position = await CopyNewAsync(log, position, timestamps, output, timeProvider, cancellationToken);
            if (!goesOn)
                return;
            await Task.Delay(PollInterval, timeProvider, cancellationToken);
        }
    }

    private static async Task<long> CopyNewAsync(
        ProcessLog log, long position, bool timestamps, Stream output, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var length = log.CurrentLength;
        if (length < position)
            position = 0;
        if (length == position)
            return position;

        await using var file = log.OpenCurrent();
        file.Position = position;
        var content = new byte[Math.Min(length - position, 1024 * 1024)];
        var read = await file.ReadAtLeastAsync(content, content.Length, throwOnEndOfStream: false, cancellationToken);

        if (!timestamps)
        {
            await output.WriteAsync(content.AsMemory(0, read), cancellationToken);
            return position + read;
        }

        // Passes on whole lines only, unless one is longer than the buffer, because a line has one time stamp.
        var end = Array.LastIndexOf(content, (byte)'\n', Math.Max(0, read - 1)) + 1;
        var used = end > 0 || read < content.Length ? end : read;
        var start = 0;
        while (start < used)
        {
            var next = Array.IndexOf(content, (byte)'\n', start, used - start) is >= 0 and var at ? at + 1 : used;
            await WriteAsync(new(timeProvider.GetUtcNow(), content.AsMemory(start, next - start)), timestamps, output, cancellationToken);
            start = next;
        }

        return position + used;
    }

    private static async Task WriteAsync(LogLine line, bool timestamps, Stream output, CancellationToken cancellationToken)
    {
        if (timestamps)
        {
            var stamp = line.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z '", CultureInfo.InvariantCulture);
            await output.WriteAsync(Encoding.ASCII.GetBytes(stamp), cancellationToken);
        }

        await output.WriteAsync(line.Content, cancellationToken);
    }
}
