using OrleansOrchestrator.Cli.Failures;
using OrleansOrchestrator.Cli.Processes;
using OrleansOrchestrator.Node.Agent;

namespace OrleansOrchestrator.Cli.Nodes;

/// <summary>Runs <c>orchestrator node</c>.</summary>
internal static class NodeProcess
{
    /// <summary>
    /// Runs the daemon until it is asked to stop. Its pods keep running, and its next start takes them over, unless the machine goes
    /// down.
    /// </summary>
    public static async Task<int> RunAsync(NodeSettings settings, CancellationToken cancellationToken)
    {
        using var signal = new ShutdownSignal(cancellationToken);
        DataDirectory.Prepare(settings.DataDirectory);
        var configuration = NodeKubeConfig.Read(settings.KubeConfig);
        using var loggers = LoggerFactory.Create(logging => ProcessLogging.Configure(logging, settings.LogLevel, () => signal.Token.IsCancellationRequested));
        var configured = NodeOptions.Of(settings.Options);
        var options = configured with
        {
            Tunnel = configured.Tunnel || settings.Tunnel,
            StaticPodPath = settings.StaticPodPath.Length > 0 ? settings.StaticPodPath : configured.StaticPodPath,
            StaticPodUrl = settings.StaticPodUrl.Length > 0 ? new Uri(settings.StaticPodUrl) : configured.StaticPodUrl,
            Name = settings.Name,
            Index = DataDirectory.IndexOf(settings.DataDirectory),
            Runtime = RuntimeKinds.Parse(settings.Runtime),
            DataDirectory = Path.Combine(settings.DataDirectory, "node"),
            ServiceProxy = true,
            ServiceCidr = null,
        };
        await using var agent = new NodeAgent(options, configuration, TimeProvider.System, loggers);
        try
        {
            var starting = StartAsync(agent, signal.Token);
            await new WaitingNote(loggers.CreateLogger<NodeAgent>(), TimeProvider.System).WaitAsync(
                starting, () => $"node {settings.Name} is not ready: {agent.LastFault ?? $"{configuration.Host} has not been reached"}", signal.Token);
            Console.WriteLine($"ready: node {settings.Name} runs pods on {agent.RuntimeVersion}");
            await signal.Token.WaitAsync();
        }
        catch (OperationCanceledException) when (signal.Token.IsCancellationRequested)
        {
            // It was not ready yet, but it may have pods.
        }

        if (await Machine.IsGoingDownAsync(TimeProvider.System))
            await agent.ShutDownAsync(CancellationToken.None);
        await agent.StopAsync(stopPods: false, CancellationToken.None);
        return ExitCodes.Success;
    }

    private static async Task StartAsync(NodeAgent agent, CancellationToken cancellationToken)
    {
        await agent.StartAsync(cancellationToken);
        await agent.WaitUntilReadyAsync(cancellationToken);
    }
}
