using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Configuration;
using OrleansOrchestrator.Cli.Failures;
using OrleansOrchestrator.Cli.Processes;
using OrleansOrchestrator.ControlPlane.GrainStates;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Storage.PostgreSql;

namespace OrleansOrchestrator.Cli.Silos;

/// <summary>Runs <c>orchestrator silo</c>.</summary>
internal static class SiloProcess
{
    private const string DefaultServiceCidr = "10.96.0.0/16";

    /// <summary>Runs a silo until it is asked to stop.</summary>
    /// <exception cref="CommandException">It cannot start, or has stopped by itself.</exception>
    public static async Task<int> RunAsync(SiloSettings settings, CancellationToken cancellationToken)
    {
        using var signal = new ShutdownSignal(cancellationToken);
        try
        {
            DataDirectory.Prepare(settings.DataDirectory);
            await PostgreSqlMigrations.RunAsync(settings.Postgres, NullLogger.Instance, signal.Token);
            await using var connections = PostgreSqlConnections.Create(settings.Postgres, settings.Options.Get<PostgreSqlOptions>());
            await using var log = new PostgreSqlObjectLog(connections);
            await using var silo = await SiloHost.StartAsync(Setup(settings, connections, log, signal.Token), signal.Token);
            await WaitUntilReadyAsync(silo, signal.Token);
            silo.Announce();
            await silo.WaitUntilAskedToStopAsync(signal.Token);
            return ExitCodes.Success;
        }
        catch (OperationCanceledException) when (signal.Token.IsCancellationRequested)
        {
            return ExitCodes.Success;
        }
    }

    /// <summary>Waits until the silo is ready, and logs what it waits for. Its database or other silos may be unavailable at its start.</summary>
    private static async Task WaitUntilReadyAsync(SiloHost silo, CancellationToken cancellationToken)
    {
        var fault = "";
        var waiting = new WaitingNote(silo.Loggers.CreateLogger<SiloHost>(), TimeProvider.System);
        await waiting.WaitAsync(silo.WaitUntilReadyAsync(why => fault = why, cancellationToken), () => $"the silo is not ready: {fault}", cancellationToken);
    }

    private static SiloSetup Setup(SiloSettings settings, PostgreSqlConnections connections, PostgreSqlObjectLog log, CancellationToken stopping)
    {
        if (!AddressSyntax.TryParse(settings.AdvertisedAddress, out var advertised))
            throw new CommandException($"--advertise must be an IP address, not \"{settings.AdvertisedAddress}\"");
        return new SiloSetup
        {
            Log = log,
            Identity = new PostgreSqlIdentityStore(connections),
            ConfigureSilo = silo => ConfigureSilo(silo, settings, connections, advertised),
            ProposeServiceCidrAsync = () => Task.FromResult(DefaultServiceCidr),
            DataDirectory = settings.DataDirectory,
            ListenAddress = IPAddress.IsLoopback(advertised) ? advertised : IPAddress.Any,
            Port = settings.Port,
            AdvertisedAddress = settings.AdvertisedAddress,
            Options = settings.Options,
            LogLevel = settings.LogLevel,
            Stopping = stopping,
        };
    }

    private static void ConfigureSilo(ISiloBuilder silo, SiloSettings settings, PostgreSqlConnections connections, IPAddress advertised)
    {
        silo.UseAdoNetClustering(clustering =>
        {
            clustering.Invariant = "Npgsql";
            clustering.DataSource = connections.General;
        });
        silo.AddAdoNetGrainStorage(GrainStateStorage.Provider, storage =>
        {
            storage.Invariant = "Npgsql";
            storage.DataSource = connections.General;
        });
        silo.Configure<ClusterOptions>(cluster =>
        {
            cluster.ClusterId = settings.Cluster;
            cluster.ServiceId = settings.Cluster;
        });

        // The ports between silos need a private network: their protocol has no authentication.
        silo.ConfigureEndpoints(advertised, settings.SiloPort != 0 ? settings.SiloPort : FreePort(advertised), gatewayPort: 0);
        SiloTuning.Apply(silo);
    }

    private static int FreePort(IPAddress address)
    {
        using var probe = new TcpListener(address, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
