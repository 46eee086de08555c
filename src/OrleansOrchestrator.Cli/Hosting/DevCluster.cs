using System.Net;
using System.Net.Sockets;
using k8s;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Cli.CommandLine;
using OrleansOrchestrator.Cli.Demo;
using OrleansOrchestrator.Cli.Nodes;
using OrleansOrchestrator.Node.Proxy;
using OrleansOrchestrator.Storage.Sqlite;

namespace OrleansOrchestrator.Cli.Hosting;

/// <summary>Runs <c>orchestrator dev</c>: silo, gateway and nodes in this process, on a SQLite file.</summary>
internal static class DevCluster
{
    /// <summary>Runs the cluster until it is told to stop, or until the demo has ended.</summary>
    public static async Task<int> RunAsync(DevSettings settings, CancellationToken cancellationToken)
    {
        using var signal = new ShutdownSignal(cancellationToken);
        try
        {
            DataDirectory.Prepare(settings.DataDirectory);
            await using var database = await SqliteDatabase.OpenAsync(
                Path.Combine(settings.DataDirectory, "state.db"), NullLogger.Instance, signal.Token);
            await using var log = new SqliteObjectLog(database, TimeProvider.System);
            await using var silo = await SiloHost.StartAsync(Setup(settings, database, log), signal.Token);
            await silo.WaitUntilReadyAsync(signal.Token);
            return await RunNodesAsync(settings, silo, signal);
        }
        catch (OperationCanceledException) when (signal.Token.IsCancellationRequested)
        {
            return ExitCodes.Success;
        }
        catch (Exception exception) when (StoreFaults.Explains(exception))
        {
            throw new CommandException(exception.Message, exception);
        }
    }

    private static async Task<int> RunNodesAsync(DevSettings settings, SiloHost silo, ShutdownSignal signal)
    {
        var client = await KubernetesClientConfiguration.BuildConfigFromConfigFileAsync(new FileInfo(silo.KubeConfigPath));
        var nodes = await DevNodes.StartAsync(settings, client, silo.ServiceCidr, silo.Loggers, signal.Token);
        try
        {
            await nodes.WaitUntilReadyAsync(signal.Token);
            Console.WriteLine($"ready: API at {silo.Address.AbsoluteUri.TrimEnd('/')}, kubeconfig in {silo.KubeConfigPath}");
            if (settings.Demo)
                return await DemoScenario.RunAsync(client, nodes, signal.Token);
            Console.WriteLine($"""

                Use it with
                  export KUBECONFIG={silo.KubeConfigPath}
                  kubectl get nodes
                Ctrl-C stops the cluster; its state stays in {settings.DataDirectory}.
                """);
            await signal.WaitAsync();
            return ExitCodes.Success;
        }
        finally
        {
            // Ending containers takes the API no more than ending the API takes containers.
            await Task.WhenAll(nodes.DisposeAsync().AsTask(), silo.StopAsync());
        }
    }

    private static SiloSetup Setup(DevSettings settings, SqliteDatabase database, SqliteObjectLog log) => new()
    {
        Log = log,
        Identity = new SqliteIdentityStore(database),
        ConfigureSilo = silo =>
        {
            silo.UseLocalhostClustering(siloPort: FreePort(), gatewayPort: 0, serviceId: "orchestrator-dev", clusterId: "orchestrator-dev");
            SiloTuning.Apply(silo);
        },
        ProposeServiceCidrAsync = () => ServiceProxyAddressing.DetectServiceCidrAsync(CancellationToken.None),
        DataDirectory = settings.DataDirectory,
        ListenAddress = IPAddress.Loopback,
        Port = settings.Port,
        AdvertisedAddress = IPAddress.Loopback.ToString(),
        LogLevel = settings.LogLevel,
    };

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
