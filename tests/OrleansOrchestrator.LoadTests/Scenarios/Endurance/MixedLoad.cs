using OrleansOrchestrator.LoadTests.Client;

namespace OrleansOrchestrator.LoadTests.Scenarios.Endurance;

/// <summary>
/// Clients of every sort at a steady pace: writers that create, patch and delete, heartbeats, readers, listers, and watches
/// that end and are opened anew. Whoever is not answered turns to the next server.
/// </summary>
/// <param name="servers">The servers.</param>
/// <param name="space">The namespace that is worked in.</param>
internal sealed class MixedLoad(Servers servers, string space) : IAsyncDisposable
{
    private const int Watches = 60;
    private const int Writers = 8;
    private const int Readers = 4;
    private const int Nodes = 50;
    private const int Created = 201;
    private const int SuccessMax = 299;
    private const int NotFound = 404;
    private static readonly TimeSpan WritePause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan ReadPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan ListPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HeartbeatPeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _ending = new();
    private readonly List<Task> _work = [];
    private readonly List<WriterRecord> _records = [];
    private readonly LoadFigures _figures = new();

    private string Maps => $"/api/v1/namespaces/{space}/configmaps";

    private string Leases => $"/apis/coordination.k8s.io/v1/namespaces/{space}/leases";

    public async Task StartAsync()
    {
        for (var i = 0; i < Nodes; i++)
            await servers.At(0).RequireAsync(servers.At(0).Request("POST", Leases, Manifests.Lease("node")), i, Created);
        for (var i = 0; i < Writers; i++)
        {
            var record = new WriterRecord(i);
            _records.Add(record);
            _work.Add(Task.Run(() => WriteAsync(record)));
        }

        for (var i = 0; i < Readers; i++)
            _work.Add(RepeatAsync(i, ReadPause, client => client.Request("GET", $"{Maps}/map-{RequestTemplate.Placeholder}"), _ => _records[0].Newest));
        _work.Add(RepeatAsync(0, ListPause, client => client.Request("GET", $"{Maps}?labelSelector=group%3Dall&limit=500"), _ => 0));
        _work.Add(RepeatAsync(1, ListPause * 5, client => client.Request("GET", Maps), _ => 0));
        for (var i = 0; i < Nodes; i++)
        {
            var node = i;
            _work.Add(RepeatAsync(i, HeartbeatPeriod, client => client.Request("PUT", $"{Leases}/node-{RequestTemplate.Placeholder}", Manifests.Lease("node")), _ => node));
        }

        for (var i = 0; i < Watches; i++)
        {
            var number = i;
            _work.Add(Task.Run(() => WatchAsync(number)));
        }
    }

    /// <summary>What has happened since this was last asked.</summary>
    public LoadFigures.Interval TakeFigures() => _figures.Take();

    /// <summary>Ends all clients, and looks whether what they were told is true.</summary>
    /// <returns>How many objects were looked at, and how many of them were not as acknowledged.</returns>
    public async Task<(int Looked, int Wrong)> EndAsync()
    {
        await StopAsync();
        await using var channel = servers.At(0).Open();
        var get = servers.At(0).Request("GET", $"{Maps}/map-{RequestTemplate.Placeholder}");
        var (looked, wrong) = (0, 0);
        foreach (var (number, exists) in _records.SelectMany(record => record.Acknowledged()))
        {
            looked++;
            if ((await channel.SendAsync(get, number)).IsSuccess != exists)
                wrong++;
        }

        return (looked, wrong);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _ending.Dispose();
    }

    private async Task WriteAsync(WriterRecord record)
    {
        Func<ApiClient, RequestTemplate> create = client => client.Request("POST", Maps, Manifests.ConfigMap("map"));
        Func<ApiClient, RequestTemplate> patch = client => client.Request(
            "PATCH", $"{Maps}/map-{RequestTemplate.Placeholder}", Manifests.ConfigMapPatch(), "application/merge-patch+json");
        Func<ApiClient, RequestTemplate> delete = client => client.Request("DELETE", $"{Maps}/map-{RequestTemplate.Placeholder}");
        await using var connection = new Failover(servers, record.Writer);
        while (!_ending.IsCancellationRequested)
        {
            var number = record.Next();
            var created = await TryAsync(connection, create, number);
            record.Created(number, created);
            if (created)
                await TryAsync(connection, patch, number);
            if (record.Oldest() is { } oldest)
                record.Deleted(oldest, await TryAsync(connection, delete, oldest));
        }
    }

    private async Task<bool> TryAsync(Failover connection, Func<ApiClient, RequestTemplate> request, int number)
    {
        var status = await connection.SendAsync(request, number);
        var isDone = status is > 0 and <= SuccessMax;
        if (isDone)
            _figures.Acknowledged();
        else
            _figures.Failed();
        await Task.Delay(isDone ? WritePause : RetryPause, TimeProvider.System);
        return isDone;
    }

    /// <summary>Sends a request again and again.</summary>
    private async Task RepeatAsync(int client, TimeSpan pause, Func<ApiClient, RequestTemplate> request, Func<int, int> number)
    {
        await using var connection = new Failover(servers, client);
        for (var round = 0; !_ending.IsCancellationRequested; round++)
        {
            if (await connection.SendAsync(request, number(round)) is (> 0 and <= SuccessMax) or NotFound)
                _figures.Answered();
            else
                _figures.Failed();
            await PauseAsync(pause);
        }
    }

    private async Task WatchAsync(int number)
    {
        for (var round = 0; !_ending.IsCancellationRequested; round++)
        {
            var client = servers.At(number + round);
            try
            {
                await using var channel = client.Open();
                var revision = await client.ReadRevisionAsync(Maps);
                var watch = client.Request("GET", $"{Maps}?watch=true&allowWatchBookmarks=true&timeoutSeconds={20 + number % 20}&resourceVersion={revision}");
                await channel.StreamLinesAsync(watch, 0, _figures.Received, _ending.Token);
            }
            catch (Exception lost) when (lost is IOException or HttpRequestException or KeyNotFoundException or OperationCanceledException)
            {
                // The server is gone, or away for a moment, or all is over.
                await PauseAsync(RetryPause);
            }
        }
    }

    private async Task StopAsync()
    {
        await _ending.CancelAsync();
        await Task.WhenAll(_work);
    }

    /// <summary>Waits without an exception: whoever waits looks for itself whether all is over.</summary>
    private async Task PauseAsync(TimeSpan pause) =>
        await Task.Delay(pause, TimeProvider.System, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
