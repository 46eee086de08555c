namespace OrleansOrchestrator.Node.Sources;

/// <summary>Reads static pods from one place.</summary>
internal interface IManifests
{
    /// <summary>Whether a static pod comes from here, by where it was found.</summary>
    bool IsOrigin(string origin);

    /// <summary>Reads again and again, until the token ends it. Hands over all pods of the place whenever they may have changed.</summary>
    /// <param name="read">The pods that the node runs from here, before anything is read.</param>
    /// <param name="found">Receives the pods.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    Task RunAsync(IReadOnlyCollection<StaticPod> read, Action<IReadOnlyCollection<StaticPod>> found, CancellationToken cancellationToken);
}
