using OrleansOrchestrator.LoadTests.Client;

namespace OrleansOrchestrator.LoadTests.Scenarios.Endurance;

/// <summary>A connection to one of several servers, and to the next one when that is lost.</summary>
internal sealed class Failover(Servers servers, int first) : IAsyncDisposable
{
    private readonly Dictionary<Func<ApiClient, RequestTemplate>, RequestTemplate> _requests = [];
    private int _turns;
    private ApiClient? _client;
    private IApiChannel? _channel;

    /// <summary>Sends a request once.</summary>
    /// <param name="request">The request; the same one is encoded once for each connection.</param>
    /// <param name="number">Its number.</param>
    /// <returns>The status; 0 if there was no answer.</returns>
    public async Task<int> SendAsync(Func<ApiClient, RequestTemplate> request, int number)
    {
        if (_client is null || !servers.Current.Contains(_client))
        {
            // Servers that are new are there for their share of the clients again.
            if (_client is not null)
                _turns = 0;
            await DisposeAsync();
            _client = servers.At(first + _turns);
            _channel = _client.Open();
            _requests.Clear();
        }

        try
        {
            if (!_requests.TryGetValue(request, out var encoded))
                _requests[request] = encoded = request(_client);
            var status = (await _channel!.SendAsync(encoded, number)).Status;
            if (status >= 500)
                Turn();
            return status;
        }
        catch (IOException)
        {
            Turn();
            return 0;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_channel is { } channel)
            await channel.DisposeAsync();
        _channel = null;
    }

    private void Turn()
    {
        _turns++;
        _client = null;
    }
}
