using Npgsql;
using OrleansOrchestrator.LoadTests.Client;
using OrleansOrchestrator.LoadTests.Measuring;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.LoadTests.Cluster;

/// <summary>A PostgreSQL server with <c>fsync</c> on and silos on it, all of this run only: ports are free ones, folders temporary.</summary>
internal sealed class LocalCluster : IAsyncDisposable
{
    // As many as Kubernetes lets pass: kubelets renew every 10 s, and a node is lost after 40.
    private const int RenewalsInLease = 4;

    private const string OfSilos = "datname = 'load' AND pid <> pg_backend_pid()";

    private readonly string _folder = Directory.CreateTempSubdirectory("orchestrator-load-").FullName;
    private readonly PostgreSqlServer _server;
    private readonly string _database;
    private readonly TimeSpan _leaseDuration;
    private int _silosStarted;

    private LocalCluster(PostgreSqlServer server, string database, TimeSpan leaseDuration)
    {
        _server = server;
        _database = database;
        _leaseDuration = leaseDuration;
    }

    public List<SiloUnderLoad> Silos { get; } = [];

    /// <summary>Everything whose processor time counts.</summary>
    public IReadOnlyList<ProcessGroup> Processes =>
        [.. Silos.Select(silo => new ProcessGroup("silo", silo.Id)), new ProcessGroup("postgres", _server.ProcessId)];

    /// <summary>Starts PostgreSQL and silos.</summary>
    /// <param name="silos">How many.</param>
    /// <param name="renewInterval">How often nodes will renew their leases; they are lost after four times that.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task<LocalCluster> StartAsync(int silos, TimeSpan renewInterval, CancellationToken cancellationToken)
    {
        var server = await PostgreSqlServer.StartAsync(cancellationToken);
        var cluster = new LocalCluster(server, await server.CreateDatabaseAsync("load", cancellationToken), RenewalsInLease * renewInterval);
        try
        {
            for (var i = 0; i < silos; i++)
                await cluster.StartSiloAsync(cancellationToken);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts one more silo and waits until its API is ready.</summary>
    public async Task<SiloUnderLoad> StartSiloAsync(CancellationToken cancellationToken)
    {
        var silo = await SiloUnderLoad.StartAsync(
            Path.Combine(_folder, $"silo-{++_silosStarted}"),
            ["silo", "--postgres", _database, "--port", "0", "--silo-port", "0", "--cluster", "load"],
            _leaseDuration,
            cancellationToken);
        Silos.Add(silo);
        return silo;
    }

    /// <summary>Ends a silo like a crash.</summary>
    public async Task KillAsync(SiloUnderLoad silo)
    {
        Silos.Remove(silo);
        await silo.DisposeAsync();
    }

    /// <summary>Takes the database away for a while.</summary>
    /// <param name="crash">Whether it is killed, and not stopped in order.</param>
    /// <param name="away">For how long.</param>
    public async Task InterruptDatabaseAsync(bool crash, TimeSpan away)
    {
        await (crash ? _server.KillAsync() : _server.StopAsync());
        await Task.Delay(away, TimeProvider.System);
        await _server.RestartAsync();
    }

    /// <summary>Ends all sessions of silos at the database.</summary>
    public Task EndSessionsAsync() => _server.ExecuteAsync($"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {OfSilos}");

    /// <summary>How many sessions silos have at the database; -1 if it does not answer.</summary>
    public async Task<long> CountSessionsAsync()
    {
        try
        {
            return (long)(await _server.ExecuteAsync($"SELECT count(*) FROM pg_stat_activity WHERE {OfSilos}"))!;
        }
        catch (NpgsqlException)
        {
            return -1;
        }
    }

    public Task<ApiTarget> TargetAsync() => ApiTarget.FromKubeConfigAsync(Silos[0].KubeConfig);

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in Silos.ToList())
            await KillAsync(silo);
        await _server.DisposeAsync();
        LeftMounts.Delete(_folder);
    }
}
