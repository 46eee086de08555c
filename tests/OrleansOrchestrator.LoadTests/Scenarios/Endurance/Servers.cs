using OrleansOrchestrator.LoadTests.Client;
using OrleansOrchestrator.LoadTests.Cluster;

namespace OrleansOrchestrator.LoadTests.Scenarios.Endurance;

/// <summary>The servers that clients may turn to at a moment. One that is killed is still among them until the next one is told of.</summary>
internal sealed class Servers : IAsyncDisposable
{
    private readonly List<ApiClient> _all = [];
    private ApiClient[] _current = [];

    public IReadOnlyList<ApiClient> Current => Volatile.Read(ref _current);

    /// <summary>A server for whoever has tried so often.</summary>
    public ApiClient At(int index) => Current[(int)((uint)index % (uint)Current.Count)];

    /// <summary>Makes the silos that run now the servers.</summary>
    public async Task SetAsync(IReadOnlyList<SiloUnderLoad> silos)
    {
        var clients = new List<ApiClient>();
        foreach (var silo in silos)
            clients.Add(new ApiClient(await ApiTarget.FromKubeConfigAsync(silo.KubeConfig), ClientKind.Lean, usesHttp2: false));
        _all.AddRange(clients);
        Volatile.Write(ref _current, [.. clients]);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _all)
            await client.DisposeAsync();
    }
}
