using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Containerd;
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
    /// <param name="options">The options with the addresses of the runtimes.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    public static Task RequireAsync(RuntimeKind kind, NodeAgentOptions options, CancellationToken cancellationToken = default) => kind switch
    {
        RuntimeKind.Docker => DockerEngine.RequireAsync(options.DockerEndpoint, cancellationToken),
        RuntimeKind.Containerd => ContainerdRuntime.RequireAsync(options.ContainerRuntimeEndpoint, cancellationToken),
        _ => Task.CompletedTask,
    };

    internal static async Task<IContainerRuntime> CreateAsync(
        NodeAgentOptions options, ISandboxNetwork network, CgroupLimits limits, ClusterMembership identity, TimeProvider timeProvider, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var kind = options.Runtime is RuntimeKind.Auto
            ? await DetectAsync(options.DockerEndpoint, cancellationToken)
            : options.Runtime;
        await RequireAsync(kind, options, cancellationToken);
        var uses = new ImageUses(options.DataDirectory, timeProvider);
        return kind switch
        {
            RuntimeKind.Docker => await OpenEngineAsync(
                options,
                identity,
                async owner => await DockerRuntime.OpenAsync(
                    owner, network, uses, limits, options.DockerEndpoint, options.RuntimeRequestTimeout, options.ImagePullProgressDeadline, timeProvider, loggers, cancellationToken),
                cancellationToken),
            RuntimeKind.Containerd => await OpenEngineAsync(
                options,
                identity,
                async owner => await ContainerdRuntime.OpenAsync(
                    owner, uses, limits, options.ContainerRuntimeEndpoint, options.RuntimeRequestTimeout, timeProvider, loggers, cancellationToken),
                cancellationToken),
            RuntimeKind.Process => ProcessRuntime.Open(options.DataDirectory, options.Index, limits, timeProvider, loggers),
            _ => new HollowRuntime(options.Index, timeProvider),
        };
    }

    private static async Task<IContainerRuntime> OpenEngineAsync(
        NodeAgentOptions options, ClusterMembership identity, Func<ContainerOwner, Task<IContainerRuntime>> open, CancellationToken cancellationToken)
    {
        // A node with static pods does not wait for the API, not even at its very first start.
        var hasOwnPods = options.StaticPodPath is not null || options.StaticPodUrl is not null;
        if ((hasOwnPods ? await identity.TryFindAsync(cancellationToken) : await identity.FindAsync(cancellationToken)) is not { } cluster)
            return await open(new ContainerOwner(identity.MakeProvisional(), options.Name));
        if (identity.Former is { } former && former != cluster)
        {
            // Only this data folder tells which pods the node ran for its former cluster, so that they must be removed here.
            await using var old = await open(new ContainerOwner(former, options.Name));
            foreach (var pod in await old.ListAsync(cancellationToken))
                await old.RemovePodAsync(pod.PodUid, cancellationToken);
        }

        if (identity.Provisional is { } provisional && !await HasPodsAsync(provisional))
            identity.DropProvisional();
        var runtime = await open(new ContainerOwner(cluster, options.Name) { Provisional = identity.Provisional });
        identity.Keep(cluster);
        return runtime;

        async Task<bool> HasPodsAsync(string id)
        {
            await using var own = await open(new ContainerOwner(id, options.Name));
            return (await own.ListAsync(cancellationToken)).Count > 0;
        }
    }
}
