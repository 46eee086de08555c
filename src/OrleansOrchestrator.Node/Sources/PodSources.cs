using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Node.Sources;

/// <summary>All sources of a node's pods: the control plane, and manifests of static pods.</summary>
internal sealed class PodSources : IAsyncDisposable
{
    private readonly ApiPodSource _assigned;
    private readonly StaticPodSource _static;
    private readonly MirrorPods _mirrors;

    /// <param name="options">The operator's options.</param>
    /// <param name="api">The API.</param>
    /// <param name="endsWithDaemon">Whether the node's pods end with the daemon, so that nothing is kept for the next one.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="loggers">Makes loggers.</param>
    public PodSources(NodeAgentOptions options, ClusterConnection api, bool endsWithDaemon, TimeProvider timeProvider, ILoggerFactory loggers)
    {
        var logger = loggers.CreateLogger<StaticPodSource>();
        _mirrors = new MirrorPods(api, options.Name, timeProvider, logger);
        _assigned = new ApiPodSource(api, options.Times, timeProvider);
        var records = new StaticPodRecords(endsWithDaemon ? null : Path.Combine(options.DataDirectory, "static-pods"), logger);
        _static = new StaticPodSource([.. Manifests(options, timeProvider, logger)], records, _mirrors, timeProvider, logger);
    }

    /// <summary>Connects the sources with whoever runs the pods, and takes over static pods of an earlier daemon.</summary>
    /// <param name="open">Opens the way of a source's pods.</param>
    /// <param name="present">The uids of the pods that the node has something of.</param>
    /// <returns>Receives the pods that the API assigns to the node.</returns>
    public IObjectSink<V1Pod> Begin(Func<IPodSource, IObjectSink<V1Pod>> open, IReadOnlySet<string> present)
    {
        // Both are known before the first of them has listed its pods.
        var assigned = open(_assigned);
        _static.Begin(open(_static), present);
        return new AssignedPods(assigned, _mirrors);
    }

    /// <summary>Reads the manifests until the token ends it. What is assigned comes from the API.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => _static.RunAsync(cancellationToken);

    public ValueTask DisposeAsync() => _mirrors.DisposeAsync();

    private static IEnumerable<IManifests> Manifests(NodeAgentOptions options, TimeProvider timeProvider, ILogger logger)
    {
        if (options.StaticPodPath is { } path)
            yield return new ManifestFolder(path, options.FileCheckFrequency, options.Name, timeProvider, logger);
        if (options.StaticPodUrl is { } url)
            yield return new ManifestUrl(url, options.StaticPodUrlHeader, options.HttpCheckFrequency, options.Name, timeProvider, logger);
    }
}
