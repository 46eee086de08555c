using OrleansOrchestrator.Consistency.Tests.Histories;
using OrleansOrchestrator.Testing.Programs;

namespace OrleansOrchestrator.Consistency.Tests.Clients;

/// <summary>Does one random operation after another on some keys, and goes to another silo when one does not answer.</summary>
internal sealed class LoadClient(ConfigMapClient client, IReadOnlyList<ApiConnection> silos, IReadOnlyList<string> keys, int seed)
{
    private const int PauseMillisecondsMax = 30;

    private readonly Random _random = new(seed);
    private readonly Dictionary<string, long> _known = new(StringComparer.Ordinal);
    private int _silo = seed;

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var key = keys[_random.Next(keys.Count)];
            var isServed = await DoOneAsync(silos[_silo % silos.Count], key);
            if (!isServed || _random.Next(50) == 0)
                _silo++;
            await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(PauseMillisecondsMax)), TimeProvider.System, CancellationToken.None);
        }
    }

    private async Task<bool> DoOneAsync(ApiConnection silo, string key)
    {
        var choice = _random.Next(100);
        if (choice < 8)
            return Learn(await client.ListAsync(silo));
        var operation = choice switch
        {
            < 35 => await client.GetAsync(silo, key),
            < 57 => await client.PatchAsync(silo, key),
            < 80 when _known.TryGetValue(key, out var revision) => await client.ReplaceAsync(silo, key, revision),
            < 92 => await client.CreateAsync(silo, key),
            _ => await client.DeleteAsync(silo, key),
        };
        if (operation.Shown is { } result)
            _known[key] = result.Revision;
        return operation.Outcome is not (Outcome.Refused or Outcome.Unknown);
    }

    private bool Learn(Listing? listing)
    {
        foreach (var (key, version) in listing?.Items ?? new Dictionary<string, Version>())
            _known[key] = version.Revision;
        return listing is not null;
    }
}
