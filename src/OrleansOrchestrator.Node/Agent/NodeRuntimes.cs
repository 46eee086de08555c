using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Docker;
using OrleansOrchestrator.Node.Runtime.Hollow;
using OrleansOrchestrator.Node.Runtime.Process;

namespace OrleansOrchestrator.Node.Agent;

/// <summary>Chooses and makes the container runtime of a node.</summary>
public static class NodeRuntimes
{
    private static readonly TimeSpan DetectionTime = TimeSpan.FromSeconds(2);

    /// <summary>Decides what <see cref="RuntimeKind.Auto"/> means on this machine.</summary>
    /// <param name="dockerEndpoint">The engine's address, or null for <c>DOCKER_HOST</c> or the usual socket.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    /// <returns><see cref="RuntimeKind.Docker"/> if an engine answers within 2 s, else <see cref="RuntimeKind.Process"/>.</returns>
    public static async Task<RuntimeKind> DetectAsync(Uri? dockerEndpoint = null, CancellationToken cancellationToken = default)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(DetectionTime);
        try
        {
            using var client = DockerEngine.Connect(dockerEndpoint);
            await client.System.PingAsync(timeout.Token);
            return RuntimeKind.Docker;
        }
        catch (Exception exception) when (DockerEngine.IsFailure(exception) && !cancellationToken.IsCancellationRequested)
        {
            return RuntimeKind.Process;
        }
    }

    internal static async Task<IContainerRuntime> CreateAsync(
        NodeAgentOptions options, TimeProvider timeProvider, Microsoft.Extensions.Logging.ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var kind = options.Runtime is RuntimeKind.Auto
            ? await DetectAsync(options.DockerEndpoint, cancellationToken)
            : options.Runtime;
        return kind switch
        {
            RuntimeKind.Docker => await DockerRuntime.OpenAsync(options.Name, options.DockerEndpoint, timeProvider, loggers, cancellationToken),
            RuntimeKind.Process => ProcessRuntime.Open(options.DataDirectory, options.Index, timeProvider, loggers),
            _ => new HollowRuntime(options.Index, timeProvider),
        };
    }
}
