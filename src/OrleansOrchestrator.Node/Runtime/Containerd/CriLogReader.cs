using System.Buffers;

namespace OrleansOrchestrator.Node.Runtime.Containerd;

/// <summary>Answers log queries from the files of a container.</summary>
internal static class CriLogReader
{
    // How late a followed line is sent.
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    // The runtime is asked once a second whether the container still runs.
    private const int PollsPerQuestion = 10;

    // Written at once, because each write of the output is one to the network.
    private const int PartBytes = 16 * 1024;

    /// <param name="log">The log.</param>
    /// <param name="query">The requested part.</param>
    /// <param name="isRunning">Whether more output may come.</param>
    /// <param name="output">The output.</param>
    /// <param name="timeProvider">The clock of following.</param>
    /// <param name="cancellationToken">Ends following.</param>
    public static async Task CopyAsync(
        CriLog log, LogQuery query, Func<CancellationToken, Task<bool>> isRunning, Stream output, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var skipped = query.TailLines is { } tail ? Math.Max(0, CountLines(log, query) - tail) : 0;
        var writer = new Writer(query, skipped, output);
        var rotations = log.Rotations;
        foreach (var older in log.OpenOlder())
        {
            using var file = new CriLogFile(older);
            await writer.CopyAsync(file, cancellationToken);
        }

        await CopyNewestAsync(log, rotations, query.Follow, writer, isRunning, timeProvider, cancellationToken);
    }

    private static async Task CopyNewestAsync(
        CriLog log, int rotations, bool follow, Writer writer, Func<CancellationToken, Task<bool>> isRunning, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        CriLogFile? file = null;
        try
        {
            for (var poll = 0; ; poll++)
            {
                // Both are asked before reading, so that the last output before the end or a rotation is not missed.
                var goesOn = follow && (poll % PollsPerQuestion != 0 || await isRunning(cancellationToken));
                var newest = log.Rotations;
                file ??= log.OpenNewest() is { } opened ? new CriLogFile(opened) : null;
                if (file is not null)
                    await writer.CopyAsync(file, cancellationToken);
                if (newest != rotations)
                {
                    file?.Dispose();
                    (file, rotations) = (null, newest);
                    continue;
                }

                if (!goesOn)
                    return;
                await Task.Delay(PollInterval, timeProvider, cancellationToken);
            }
        }
        finally
        {
            file?.Dispose();
        }
    }

    private static int CountLines(CriLog log, LogQuery query)
    {
        var count = 0;
        foreach (var stream in log.OpenOlder().Concat(log.OpenNewest() is { } newest ? [newest] : []))
        {
            using var file = new CriLogFile(stream);
            while (file.Read() is { } entry)
                count += entry.IsWhole && IsWanted(query, entry) ? 1 : 0;
        }

        return count;
    }

    private static bool IsWanted(LogQuery query, CriLogEntry entry) => query.Since is not { } since || entry.Time >= since;

    /// <summary>Writes entries as the container wrote them, after the first so many lines.</summary>
    private sealed class Writer(LogQuery query, int skipped, Stream output)
    {
        private readonly ArrayBufferWriter<byte> _part = new(PartBytes);
        private int _left = skipped;
        private bool _isWithinLine;

        public async Task CopyAsync(CriLogFile file, CancellationToken cancellationToken)
        {
            while (file.Read() is { } entry)
            {
                if (!IsWanted(query, entry))
                    continue;
                if (_left > 0)
                    _left -= entry.IsWhole ? 1 : 0;
                else
                    Append(entry);
                if (_part.WrittenCount >= PartBytes)
                    await FlushAsync(cancellationToken);
            }

            await FlushAsync(cancellationToken);
        }

        private void Append(CriLogEntry entry)
        {
            if (query.Timestamps && !_isWithinLine)
            {
                _part.Write(entry.Stamp.Span);
                _part.Write(" "u8);
            }

            _part.Write(entry.Content.Span);
            if (entry.IsWhole)
                _part.Write("\n"u8);
            _isWithinLine = !entry.IsWhole;
        }

        private async Task FlushAsync(CancellationToken cancellationToken)
        {
            if (_part.WrittenCount == 0)
                return;
            await output.WriteAsync(_part.WrittenMemory, cancellationToken);
            _part.ResetWrittenCount();
        }
    }
}
