using System.Net;
using System.Net.Sockets;
using k8s;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Cli.Dev.Demo;
using OrleansOrchestrator.Cli.Failures;
using OrleansOrchestrator.Cli.Nodes;
using OrleansOrchestrator.Cli.Processes;
using OrleansOrchestrator.Cli.Silos;
using OrleansOrchestrator.ControlPlane.GrainStates;
using OrleansOrchestrator.Node.Agent;
using OrleansOrchestrator.Node.Proxy;
using OrleansOrchestrator.Storage.Sqlite;

namespace OrleansOrchestrator.Cli.Dev;

/// <summary>Runs <c>orchestrator dev</c>: silo, gateway and nodes in this process, on a SQLite file.</summary>
internal static class DevCluster
{
    /// <summary>Runs the cluster until it is asked to stop, or until the demo has ended.</summary>
    /// <exception cref="CommandException">It cannot start, or cannot go on.</exception>
    public static async Task<int> RunAsync(DevSettings settings, CancellationToken cancellationToken)
    {
        using var signal = new ShutdownSignal(cancellationToken);
        await NodeRuntimes.RequireAsync(RuntimeKinds.Parse(settings.Runtime), NodeOptions.Of(settings.Options), signal.Token);
        DataDirectory.Prepare(settings.DataDirectory);
        await using var database = await SqliteDatabase.OpenAsync(
            Path.Combine(settings.DataDirectory, "state.db"), NullLogger.Instance, signal.Token);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(signal.Token);
        var running = RunAsync(settings, database, ending.Token);
        try
        {
            if (await Task.WhenAny(running, database.Damaged) == running)
                return await running;
        }
        catch (OperationCanceledException) when (signal.Token.IsCancellationRequested)
        {
            return ExitCodes.Success;
        }
        catch (Exception) when (database.Damaged.IsCompleted)
        {
            // The damaged database caused this failure.
        }

        await ending.CancelAsync();
        await Task.WhenAny(running);
        throw await database.Damaged;
    }

    private static async Task<int> RunAsync(DevSettings settings, SqliteDatabase database, CancellationToken ending)
    {
        var patience = new StartTime(StartTime.Usual, TimeProvider.System);
        var fault = "";
        await using var log = new SqliteObjectLog(database, TimeProvider.System);
        await using var silo = await SiloHost.StartAsync(Setup(settings, database, log, ending), ending);
        await patience.WaitAsync(token => silo.WaitUntilReadyAsync(why => fault = why, token), () => fault, ending);

        var client = await KubernetesClientConfiguration.BuildConfigFromConfigFileAsync(new FileInfo(silo.KubeConfigPath));
        var nodes = await DevNodes.StartAsync(settings, client, silo.ServiceCidr, silo.Loggers, patience, ending);
        try
        {
            silo.Announce();
            if (settings.Demo)
                return await DemoScenario.RunAsync(client, nodes, ending);
            Console.WriteLine($"""

                Use it with
                  export KUBECONFIG={silo.KubeConfigPath}
                  kubectl get nodes
                Ctrl-C stops the cluster; its state stays in {settings.DataDirectory}.
                """);
            await silo.WaitUntilAskedToStopAsync(ending);
            return ExitCodes.Success;
        }
        finally
        {
            // The containers and the API are stopped at the same time, because neither needs the other to stop.
            await Task.WhenAll(nodes.DisposeAsync().AsTask(), silo.StopAsync());
        }
    }

    private static SiloSetup Setup(DevSettings settings, SqliteDatabase database, SqliteObjectLog log, CancellationToken stopping) => new()
    {
        Log = log,
        Identity = new SqliteIdentityStore(database),
        ConfigureSilo = silo =>
        {
            silo.UseLocalhostClustering(siloPort: FreePort(), gatewayPort: 0, serviceId: "orchestrator-dev", clusterId: "orchestrator-dev");
            silo.AddSqliteGrainStates(new SqliteGrainStates(database));
            SiloTuning.Apply(silo);
        },
        ProposeServiceCidrAsync = () => ServiceProxyAddressing.DetectServiceCidrAsync(CancellationToken.None),
        DataDirectory = settings.DataDirectory,
        ListenAddress = IPAddress.Loopback,
        Port = settings.Port,
        AdvertisedAddress = IPAddress.Loopback.ToString(),
        IsOneMachine = true,
        Options = settings.Options,
        LogLevel = settings.LogLevel,
        Stopping = stopping,
    };

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
