namespace OrleansOrchestrator.Node.Runtime;

/// <summary>Gives sandboxes the network that their engine does not give them.</summary>
internal interface ISandboxNetwork
{
    /// <summary>Whether new sandboxes get their network here, and none from their engine.</summary>
    bool IsUsed { get; }

    /// <summary>The addresses of a sandbox, the first one first, also after a restart of the daemon; none if it has no network from here.</summary>
    IReadOnlyList<string> AddressesOf(string sandboxId);

    /// <summary>Throws if no sandbox can get a network now.</summary>
    /// <exception cref="RuntimeException">There is no network.</exception>
    void Require();

    /// <summary>Gives a new sandbox its network. If that fails nothing of it is left.</summary>
    /// <param name="sandboxId">The sandbox.</param>
    /// <param name="spec">Its pod and ports.</param>
    /// <param name="networkPath">The file of its network namespace, as <c>/proc/123/ns/net</c>.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="RuntimeException">There is no network, or it refuses.</exception>
    Task AttachAsync(string sandboxId, SandboxSpec spec, string networkPath, CancellationToken cancellationToken);

    /// <summary>Keeps the network namespaces of a pod's sandboxes, so that they can be detached when their processes have ended.</summary>
    ISandboxDetachment Hold(string podUid);
}

/// <summary>The end of the network of a pod's sandboxes.</summary>
internal interface ISandboxDetachment : IDisposable
{
    /// <summary>Takes the network from the sandboxes. What cannot be given back now is given back later.</summary>
    Task DetachAsync(CancellationToken cancellationToken);
}
