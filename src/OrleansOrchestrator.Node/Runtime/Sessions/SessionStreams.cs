using System.Buffers;

namespace OrleansOrchestrator.Node.Runtime.Sessions;

/// <summary>Copies one stream of a session.</summary>
internal static class SessionStreams
{
    // A TLS record: a larger buffer would not be sent at once.
    private const int BufferBytes = 16 * 1024;

    // Descendants of an ended process may hold its streams open for ever. A stream that is silent for this long counts as ended.
    private static readonly TimeSpan SilenceTime = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Passes on everything read until the end, or until nothing has come for a while after the process has ended. It does not read
    /// while the output waits for its reader.
    /// </summary>
    /// <param name="read">Reads available data, or waits for some; 0 is the end.</param>
    /// <param name="output">Receives the data.</param>
    /// <param name="exit">Completes when the process has ended.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">Ends the copy.</param>
    public static async Task CopyAsync(
        Func<Memory<byte>, CancellationToken, ValueTask<int>> read,
        Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> output,
        Task exit,
        TimeProvider timeProvider,
        CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (true)
            {
                var reading = read(buffer, silence.Token).AsTask();
                if (!reading.IsCompleted)
                    await EndSilenceAsync(reading, exit, silence, timeProvider);
                if (await reading is not (> 0 and var count))
                    return;
                await output(buffer.AsMemory(0, count), cancellationToken);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Nothing has come since the process ended.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task EndSilenceAsync(Task reading, Task exit, CancellationTokenSource silence, TimeProvider timeProvider)
    {
        await Task.WhenAny(reading, exit);
        if (reading.IsCompleted)
            return;
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(silence.Token);
        await Task.WhenAny(reading, Task.Delay(SilenceTime, timeProvider, waiting.Token));
        if (!reading.IsCompleted)
            await silence.CancelAsync();
        await waiting.CancelAsync();
    }
}
