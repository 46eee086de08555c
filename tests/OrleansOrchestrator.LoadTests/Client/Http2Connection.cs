namespace OrleansOrchestrator.LoadTests.Client;

/// <summary>An HTTP/2 connection that several channels share. Connects with the first request, and anew after it was lost.</summary>
internal sealed class Http2Connection(ApiTarget target) : IAsyncDisposable
{
    // Servers take at least a hundred requests at once over a connection.
    private const int ChannelsMax = 100;

    private readonly Lock _gate = new();
    private Task<Http2Session>? _connecting;
    private Http2Session? _session;
    private int _channels;

    /// <summary>Makes room for one more channel.</summary>
    /// <returns>Whether there was any.</returns>
    public bool TryJoin()
    {
        lock (_gate)
            return _channels < ChannelsMax && ++_channels > 0;
    }

    /// <summary>Takes note that a channel needs it no more.</summary>
    public void Leave()
    {
        lock (_gate)
            _channels--;
    }

    /// <summary>What requests are sent over; null if that has to be connected first.</summary>
    public Http2Session? Session => _session is { IsUsable: true } session ? session : null;

    /// <summary>Connects, unless another channel is doing so or has done it.</summary>
    /// <exception cref="IOException">The server cannot be reached.</exception>
    public Task<Http2Session> ConnectAsync()
    {
        lock (_gate)
        {
            if (Session is { } session)
                return Task.FromResult(session);
            if (_connecting is null or { IsCompleted: true })
                _connecting = OpenAsync();
            return _connecting;
        }
    }

    public ValueTask DisposeAsync() => _session?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task<Http2Session> OpenAsync() => _session = await Http2Session.ConnectAsync(target);
}
