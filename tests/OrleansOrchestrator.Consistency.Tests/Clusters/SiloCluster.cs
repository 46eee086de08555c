using Npgsql;
using OrleansOrchestrator.Testing;
using OrleansOrchestrator.Testing.Programs;

namespace OrleansOrchestrator.Consistency.Tests.Clusters;

/// <summary>Three silo processes on a PostgreSQL server of their own, on ports that are free when it starts.</summary>
internal sealed class SiloCluster : IAsyncDisposable
{
    private const int Size = 3;
    private const int RestartsMax = 100;
    private static readonly TimeSpan RestartPause = TimeSpan.FromMilliseconds(200);

    private readonly Scratch _scratch = new();
    private readonly List<ClusterSilo> _silos = [];
    private readonly List<ApiConnection> _connections = [];

    private SiloCluster(PostgreSqlServer server, string database)
    {
        Server = server;
        Database = database;
    }

    public PostgreSqlServer Server { get; }

    /// <summary>A connection string that goes straight to the database.</summary>
    public string Database { get; }

    public IReadOnlyList<ClusterSilo> Silos => _silos;

    /// <summary>A connection to each silo's API.</summary>
    public IReadOnlyList<ApiConnection> Connections => _connections;

    public static async Task<SiloCluster> StartAsync(CancellationToken cancellationToken)
    {
        var server = await PostgreSqlServer.StartAsync(cancellationToken);
        var cluster = new SiloCluster(server, await server.CreateDatabaseAsync("cluster", cancellationToken));
        try
        {
            var ports = FreePorts.Take(2 * Size);
            for (var i = 0; i < Size; i++)
                cluster.Add($"silo-{i}", ports[2 * i], ports[(2 * i) + 1]);
            await cluster._silos[0].StartAsync(cancellationToken);
            await Task.WhenAll(cluster._silos.Skip(1).Select(silo => silo.StartAsync(cancellationToken)));
            cluster._connections.AddRange(
                cluster._silos.Select(silo => new ApiConnection(silo.KubeConfig, cancellationToken, connectTimeout: TimeSpan.FromSeconds(2))));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The silo that has committed last: under load, the one with the busiest store.</summary>
    public async Task<ClusterSilo?> FindOwnerAsync(CancellationToken cancellationToken)
    {
        try
        {
            var owner = (string?)await Server.ExecuteAsync(
                "SELECT application_name FROM pg_stat_activity WHERE query LIKE '%history AS%' AND application_name LIKE 'silo-%' ORDER BY state_change DESC LIMIT 1",
                cancellationToken);
            return _silos.FirstOrDefault(silo => silo.Name == owner);
        }
        catch (NpgsqlException)
        {
            return null;
        }
    }

    /// <summary>Starts the database again. Sessions of a killed postmaster keep its memory for a moment, and it from starting.</summary>
    public async Task RestartDatabaseAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await Server.RestartAsync(cancellationToken);
                return;
            }
            catch (InvalidOperationException) when (attempt < RestartsMax)
            {
                await Task.Delay(RestartPause, TimeProvider.System, cancellationToken);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections)
            connection.Dispose();
        foreach (var silo in _silos)
            await silo.DisposeAsync();
        await Server.DisposeAsync();
        _scratch.Dispose();
    }

    private void Add(string name, int apiPort, int siloPort)
    {
        var proxy = FaultProxy.Start(Server.Port);
        var postgres = new NpgsqlConnectionStringBuilder(Database) { Port = proxy.Port, ApplicationName = name };
        _silos.Add(new ClusterSilo(name, postgres.ConnectionString, apiPort, siloPort, proxy, _scratch.At(name)));
    }
}
