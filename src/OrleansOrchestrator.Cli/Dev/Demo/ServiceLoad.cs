using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Cli.Dev.Demo;

/// <summary>Sends requests to a service continuously, each on its own connection, and counts answers and failures.</summary>
internal sealed class ServiceLoad : IAsyncDisposable
{
    private const int Clients = 4;

    // Frequent enough to hit every phase of a rollout, and rare enough for a small machine that starts pods at the same time.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _ended = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero }) { Timeout = Patience };
    private readonly Task _clients;
    private int _answered;
    private int _failed;
    private string? _fault;

    /// <summary>Starts the load.</summary>
    /// <param name="address">The service's URL.</param>
    /// <param name="time">The clock.</param>
    public ServiceLoad(string address, TimeProvider time)
    {
        _clients = Task.WhenAll(Enumerable.Range(0, Clients).Select(
            client => SupervisedLoop.RunAsync($"demo load {client}", _ => SendAsync(address), time, NullLogger.Instance, _ended.Token)));
    }

    /// <summary>How many requests were answered so far.</summary>
    public int Answered => _answered;

    /// <summary>Ends the load.</summary>
    /// <returns>How many requests failed, and the last failure; null for none.</returns>
    public async Task<string?> StopAsync()
    {
        await _ended.CancelAsync();
        await _clients;
        return _failed == 0 ? null : $"{_failed} of {_answered + _failed} requests failed: {_fault}";
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _http.Dispose();
        _ended.Dispose();
    }

    private async Task<TimeSpan?> SendAsync(string address)
    {
        try
        {
            // The end of the load does not cancel a request that has begun, so that it does not count as failed.
            await _http.GetStringAsync(address, CancellationToken.None);
            Interlocked.Increment(ref _answered);
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
        {
            _fault = failure.Message;
            Interlocked.Increment(ref _failed);
        }

        return Pause;
    }
}
