using System.Globalization;
using System.Text;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>What a container of a <see cref="FakeEngine"/> has written, line by line.</summary>
internal sealed class FakeLog
{
    private readonly Lock _lock = new();
    private readonly List<(DateTimeOffset Time, bool IsError, string Line)> _lines = [];
    private readonly StringBuilder[] _begun = [new(), new()];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _hasEnded;

    public Task AppendAsync(bool isError, ReadOnlyMemory<byte> part)
    {
        lock (_lock)
        {
            var begun = _begun[isError ? 1 : 0];
            foreach (var letter in Encoding.UTF8.GetString(part.Span))
            {
                begun.Append(letter);
                if (letter == '\n')
                    Complete(isError);
            }
        }

        Change();
        return Task.CompletedTask;
    }

    public void End()
    {
        lock (_lock)
        {
            Complete(false);
            Complete(true);
            _hasEnded = true;
        }

        Change();
    }

    /// <summary>Writes the log as the engine does, in frames.</summary>
    public async Task CopyAsync(long? tail, DateTimeOffset since, bool stamps, bool follow, Func<bool, byte[], Task> write, CancellationToken cancellationToken)
    {
        var next = -1;
        while (true)
        {
            List<(DateTimeOffset Time, bool IsError, string Line)> lines;
            Task changed;
            bool isLast;
            lock (_lock)
            {
                if (next < 0)
                    next = tail is { } most ? Math.Max(0, _lines.Count - (int)most) : 0;
                lines = [.. _lines.Skip(next).Where(line => line.Time >= since)];
                next = _lines.Count;
                (changed, isLast) = (_changed.Task, _hasEnded || !follow);
            }

            foreach (var (time, isError, line) in lines)
                await write(isError, Encoding.UTF8.GetBytes(stamps ? $"{time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff00'Z'", CultureInfo.InvariantCulture)} {line}" : line));
            if (isLast)
                return;
            await changed.WaitAsync(cancellationToken);
        }
    }

    private void Complete(bool isError)
    {
        var begun = _begun[isError ? 1 : 0];
        if (begun.Length > 0)
            _lines.Add((TimeProvider.System.GetUtcNow(), isError, begun.ToString()));
        begun.Clear();
    }

    private void Change() => Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
}
