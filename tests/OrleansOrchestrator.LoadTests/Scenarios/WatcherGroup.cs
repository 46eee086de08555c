using OrleansOrchestrator.LoadTests.Client;

namespace OrleansOrchestrator.LoadTests.Scenarios;

/// <summary>Many watches of one client, and how many events they have received together.</summary>
internal sealed class WatcherGroup : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _received = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> _watches = [];
    private readonly int _count;
    private long _expected = long.MaxValue;
    private long _open;
    private long _events;

    /// <summary>Begins to open watches.</summary>
    /// <param name="client">The server.</param>
    /// <param name="request">The watch; its number counts from 0.</param>
    /// <param name="count">How many.</param>
    public WatcherGroup(ApiClient client, RequestTemplate request, int count)
    {
        _count = count;
        for (var i = 0; i < count; i++)
        {
            var number = i;
            _watches.Add(Task.Run(() => WatchAsync(client, request, number)));
        }
    }

    public long Events => Interlocked.Read(ref _events);

    /// <summary>Waits until all watches are open.</summary>
    public Task WaitUntilOpenAsync(TimeSpan timeout) => _opened.Task.WaitAsync(timeout, TimeProvider.System);

    /// <summary>Waits until so many events have arrived.</summary>
    /// <returns>Whether they have.</returns>
    public async Task<bool> WaitForEventsAsync(long expected, TimeSpan timeout)
    {
        Interlocked.Exchange(ref _expected, expected);
        if (Events >= expected)
            return true;
        try
        {
            await _received.Task.WaitAsync(timeout, TimeProvider.System);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await Task.WhenAll(_watches);
        _ending.Dispose();
    }

    private async Task WatchAsync(ApiClient client, RequestTemplate request, int number)
    {
        await using var channel = client.Open();
        try
        {
            await channel.StreamLinesAsync(request, number, Received, _ending.Token);
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // All that was expected has arrived, or not in time.
        }
        catch (IOException lost)
        {
            _opened.TrySetException(lost);
            _received.TrySetException(lost);
        }
    }

    private void Received(int events)
    {
        if (events == 0)
        {
            if (Interlocked.Increment(ref _open) == _count)
                _opened.TrySetResult();
        }
        else if (Interlocked.Add(ref _events, events) >= Interlocked.Read(ref _expected))
        {
            _received.TrySetResult();
        }
    }
}
