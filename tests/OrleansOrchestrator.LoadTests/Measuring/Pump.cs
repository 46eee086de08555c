using System.Diagnostics;
using OrleansOrchestrator.LoadTests.Client;

namespace OrleansOrchestrator.LoadTests.Measuring;

/// <summary>Sends a bounded number of requests with a fixed number in flight, for a bounded time.</summary>
/// <param name="client">The server.</param>
/// <param name="processes">Whose processor time is measured.</param>
/// <param name="timeMax">The longest that a step may take; what is not sent by then is left out.</param>
internal sealed class Pump(ApiClient client, IReadOnlyList<ProcessGroup> processes, TimeSpan timeMax) : IAsyncDisposable
{
    // Channels stay open from step to step, so that their handshakes are in the figures of none but the first.
    private readonly List<IApiChannel> _channels = [];

    public ApiClient Client { get; } = client;

    /// <summary>Does the same with another client.</summary>
    public Pump With(ApiClient other) => new(other, Processes, timeMax);

    public IReadOnlyList<ProcessGroup> Processes { get; } = processes;

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels)
            await channel.DisposeAsync();
    }

    /// <summary>Sends a request for each number from <paramref name="first"/> on.</summary>
    /// <param name="work">What to call it.</param>
    /// <param name="request">The request.</param>
    /// <param name="first">The first number.</param>
    /// <param name="count">How many numbers.</param>
    /// <param name="inFlight">How many at once.</param>
    /// <param name="modulus">Numbers start over after so many; 0 if each is used once.</param>
    /// <param name="ends">Sends no more when cancelled; what is under way is waited for.</param>
    public async Task<Measurement> RunAsync(
        string work, RequestTemplate request, int first, int count, int inFlight, int modulus = 0, CancellationToken ends = default)
    {
        var latencies = new Latencies(count);
        while (_channels.Count < inFlight)
            _channels.Add(Client.Open());
        var next = -1;
        var bytes = 0L;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ends);
        deadline.CancelAfter(timeMax);
        var meter = new CpuMeter(Processes);
        await Task.WhenAll(_channels.Take(inFlight).Select(channel => Task.Run(() => WorkAsync(channel))));

        // The last answer was read by a connection, which what follows is not to keep from reading.
        await Task.Yield();
        var measured = meter.Stop(work, latencies);
        return measured with { Note = bytes / Math.Max(1, measured.Count) is > 10_000 and var size ? $"{Report.Number(size * measured.Rate / 1e6)} MB/s" : "" };

        async Task WorkAsync(IApiChannel channel)
        {
            while (!deadline.IsCancellationRequested && Interlocked.Increment(ref next) is var index && index < count)
            {
                var started = Stopwatch.GetTimestamp();
                try
                {
                    var result = await channel.SendAsync(request, first + (modulus > 0 ? index % modulus : index));
                    if (result.IsSuccess)
                        latencies.Succeeded(index, started);
                    else
                        latencies.Fail(index);
                    Interlocked.Add(ref bytes, result.Bytes);
                }
                catch (IOException)
                {
                    latencies.Fail(index);
                }
            }
        }
    }
}
