using k8s;
using k8s.Autorest;
using k8s.Models;
using OrleansOrchestrator.Cli.CommandLine;
using OrleansOrchestrator.Cli.Hosting;
using OrleansOrchestrator.Node.Agent;
using OrleansOrchestrator.Node.Proxy;

namespace OrleansOrchestrator.Cli.Nodes;

/// <summary>Runs <c>orchestrator node</c>.</summary>
internal static class NodeProcess
{
    private const string ServiceCidrAnnotation = "orleansorchestrator.io/service-cidr";

    private static readonly TimeSpan ApiAnswersWithin = TimeSpan.FromSeconds(3);

    /// <summary>Runs the daemon until it is told to stop. Its pods go on running, and are taken over again at its next start.</summary>
    public static async Task<int> RunAsync(NodeSettings settings, CancellationToken cancellationToken)
    {
        using var signal = new ShutdownSignal(cancellationToken);
        DataDirectory.Prepare(settings.DataDirectory);
        var configuration = ReadKubeConfig(settings.KubeConfig);
        using var loggers = LoggerFactory.Create(logging => ProcessLogging.Configure(logging, settings.LogLevel, () => signal.Token.IsCancellationRequested));
        var options = new NodeAgentOptions
        {
            Name = settings.Name,
            Index = DataDirectory.IndexOf(settings.DataDirectory),
            Runtime = RuntimeKinds.Parse(settings.Runtime),
            DataDirectory = Path.Combine(settings.DataDirectory, "node"),
            ServiceProxy = true,
            ServiceCidr = await ReadServiceCidrAsync(configuration, signal.Token),
        };
        try
        {
            await using var agent = new NodeAgent(options, configuration, TimeProvider.System, loggers);
            var starting = StartAsync(agent, signal.Token);
            await new WaitingNote(loggers.CreateLogger<NodeAgent>(), TimeProvider.System).WaitAsync(
                starting, () => $"node {settings.Name} is not ready: {agent.Trouble ?? $"{configuration.Host} has not been reached"}", signal.Token);
            Console.WriteLine($"ready: node {settings.Name} runs pods on {agent.RuntimeVersion}");
            await signal.Token.WaitAsync();
            await agent.StopAsync(stopPods: false, CancellationToken.None);
            return ExitCodes.Success;
        }
        catch (OperationCanceledException) when (signal.Token.IsCancellationRequested)
        {
            return ExitCodes.Success;
        }
    }

    private static async Task StartAsync(NodeAgent agent, CancellationToken cancellationToken)
    {
        await agent.StartAsync(cancellationToken);
        await agent.WaitUntilReadyAsync(cancellationToken);
    }

    /// <summary>The cluster says which addresses are services'; a daemon that starts while the API is away takes the usual ones.</summary>
    private static async Task<string> ReadServiceCidrAsync(KubernetesClientConfiguration configuration, CancellationToken cancellationToken)
    {
        using var client = new Kubernetes(configuration);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(ApiAnswersWithin);
        try
        {
            var service = await client.CoreV1.ReadNamespacedServiceAsync("kubernetes", "default", cancellationToken: timeout.Token);
            return service.GetAnnotation(ServiceCidrAnnotation) ?? ServiceProxyAddressing.RoutedCidr;
        }
        catch (Exception away) when (away is HttpRequestException or HttpOperationException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return ServiceProxyAddressing.RoutedCidr;
        }
    }

    private static KubernetesClientConfiguration ReadKubeConfig(string path)
    {
        try
        {
            return KubernetesClientConfiguration.BuildConfigFromConfigFile(path);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Whatever the library stumbles over, the file is the reason.
            throw new CommandException($"cannot use the kubeconfig {path}: {exception.Message.ReplaceLineEndings(" ")}", exception);
        }
    }
}
