using k8s;
using OrleansOrchestrator.Cli.Failures;
using OrleansOrchestrator.Cli.Processes;
using OrleansOrchestrator.Node.Agent;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Identity;
using OrleansOrchestrator.Node.Options;

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
            DelayShutdown = true,
            ServiceCidr = null,
        };
        var note = new WaitingNote(loggers.CreateLogger<NodeAgent>(), TimeProvider.System);
        var joined = await JoinWithOwnPodsAsync(settings, options, note, loggers, signal.Token);
        if (joined is not var (configuration, certificate))
            return ExitCodes.Success;
        await using var agent = new NodeAgent(options, configuration, TimeProvider.System, loggers, certificate);
        try
        {
            var starting = StartAsync(agent, signal.Token);
            await note.WaitAsync(
                Task.WhenAny(starting, agent.IdentityLost).Unwrap(), () => $"node {settings.Name} is not ready: {agent.LastFault ?? $"{configuration.Host} has not been reached"}", signal.Token);
            if (!agent.IdentityLost.IsCompleted)
                Console.WriteLine($"ready: node {settings.Name} runs pods on {agent.RuntimeVersion}");
            await Task.WhenAny(signal.Token.WaitAsync(), agent.IdentityLost);
        }
        catch (OperationCanceledException) when (signal.Token.IsCancellationRequested)
        {
            // It was not ready yet, but it may have pods.
        }

        await EndAsync(agent);
        return signal.Token.IsCancellationRequested
            ? ExitCodes.Success
            : throw new CommandException($"the certificate of node {settings.Name} has ended, and the cluster does not accept it: a new start asks for another one");
    }

    /// <summary>Stops the daemon. Its pods run on, unless the machine goes down.</summary>
    private static async Task EndAsync(NodeAgent agent)
    {
        if (await Machine.IsGoingDownAsync(TimeProvider.System))
            await agent.ShutDownAsync(CancellationToken.None);
        await agent.StopAsync(stopPods: false, CancellationToken.None);
    }

    /// <summary>Joins. The pods of the machine itself run meanwhile, in a daemon without a cluster; the joined one takes them over.</summary>
    private static async Task<(KubernetesClientConfiguration Configuration, ClientCertificate? Certificate)?> JoinWithOwnPodsAsync(
        NodeSettings settings, NodeAgentOptions options, WaitingNote note, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        if (settings.Join is not { } how)
            return (NodeKubeConfig.Read(settings.KubeConfig), null);
        var lifetime = options.ClientCertificateDuration > TimeSpan.Zero ? options.ClientCertificateDuration : (TimeSpan?)null;
        var join = new NodeJoin(how, settings.Name, lifetime, TimeProvider.System, loggers);
        var joining = JoinAsync(join, settings.Name, note, cancellationToken);
        if (options is { StaticPodPath: null, StaticPodUrl: null } || joining.IsCompleted || join.Server is not { } server)
            return await joining;
        using var absent = ClusterConnection.Absent(server);
        await using var alone = new NodeAgent(options with { ServiceProxy = false }, absent, TimeProvider.System, loggers);
        await alone.StartAsync(CancellationToken.None);
        try
        {
            return await joining;
        }
        finally
        {
            await EndAsync(alone);
        }
    }

    /// <summary>Finds how the daemon reaches the cluster and logs in.</summary>
    /// <returns>Null if the process was asked to stop before it knew.</returns>
    /// <exception cref="CommandException">It cannot join.</exception>
    private static async Task<(KubernetesClientConfiguration Configuration, ClientCertificate? Certificate)?> JoinAsync(
        NodeJoin join, string name, WaitingNote note, CancellationToken cancellationToken)
    {
        try
        {
            var joining = join.JoinAsync(cancellationToken);
            await note.WaitAsync(joining, () => $"node {name} has not joined: {join.Waiting ?? "the cluster has not answered"}", cancellationToken);
            return await joining;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception refused) when (refused is JoinException or CertificateRefusedException)
        {
            throw new CommandException($"node {name} cannot join: {refused.Message}", refused);
        }
    }

    private static async Task StartAsync(NodeAgent agent, CancellationToken cancellationToken)
    {
        await agent.StartAsync(cancellationToken);
        await agent.WaitUntilReadyAsync(cancellationToken);
    }
}
