using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Docker;
using OrleansOrchestrator.Node.Runtime.Hollow;
using OrleansOrchestrator.Node.Runtime.Process;

namespace OrleansOrchestrator.Node.Agent;

/// <summary>Chooses and creates the container runtime of a node.</summary>
public static class NodeRuntimes
{
    // A local engine answers in milliseconds; a start without an engine must not take long.
    private static readonly TimeSpan DetectionTime = TimeSpan.FromSeconds(2);

    /// <summary>Resolves <see cref="RuntimeKind.Auto"/> on this machine.</summary>
    /// <param name="dockerEndpoint">The engine's address, or null for <c>DOCKER_HOST</c> or the usual socket.</param>
    /// <param name="cancellationToken">Cancels the detection.</param>
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

    /// <summary>Says at once that a runtime is missing, to whoever would otherwise start much before a node finds out.</summary>
    /// <param name="kind">What runs containers.</param>
    /// <param name="dockerEndpoint">The engine's address, or null for <c>DOCKER_HOST</c> or the usual socket.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    public static Task RequireAsync(RuntimeKind kind, Uri? dockerEndpoint = null, CancellationToken cancellationToken = default) =>
        kind == RuntimeKind.Docker ? DockerEngine.RequireAsync(dockerEndpoint, cancellationToken) : Task.CompletedTask;

    internal static async Task<IContainerRuntime> CreateAsync(
        NodeAgentOptions options, CgroupLimits limits, ClusterMembership identity, TimeProvider timeProvider, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var kind = options.Runtime is RuntimeKind.Auto
            ? await DetectAsync(options.DockerEndpoint, cancellationToken)
            : options.Runtime;
        return kind switch
        {
            RuntimeKind.Docker => await OpenDockerAsync(options, limits, identity, timeProvider, loggers, cancellationToken),
            RuntimeKind.Process => ProcessRuntime.Open(options.DataDirectory, options.Index, limits, timeProvider, loggers),
            _ => new HollowRuntime(options.Index, timeProvider),
        };
    }

    private static async Task<IContainerRuntime> OpenDockerAsync(
        NodeAgentOptions options, CgroupLimits limits, ClusterMembership identity, TimeProvider timeProvider, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        await DockerEngine.RequireAsync(options.DockerEndpoint, cancellationToken);
        var cluster = await identity.FindAsync(cancellationToken);
        var uses = new ImageUses(Path.Combine(options.DataDirectory, "images"), timeProvider);
        if (identity.Former is { } former && former != cluster)
        {
            // Only this data folder tells which pods the node ran for its former cluster, so that they must be removed here.
            await using var old = await OpenAsync(former);
            foreach (var pod in await old.ListAsync(cancellationToken))
                await old.RemovePodAsync(pod.PodUid, cancellationToken);
        }

        var runtime = await OpenAsync(cluster);
        identity.Keep(cluster);
        return runtime;

        Task<DockerRuntime> OpenAsync(string id) => DockerRuntime.OpenAsync(
            new ContainerOwner(id, options.Name), uses, limits, options.DockerEndpoint, options.RuntimeRequestTimeout, timeProvider, loggers, cancellationToken);
    }
}
