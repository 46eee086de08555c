namespace OrleansOrchestrator.Node.Identity;

/// <summary>How a machine joins a cluster.</summary>
public sealed record JoinSettings
{
    /// <summary>The address of the API; null to take that of <see cref="BootstrapKubeConfig"/>, or of the node's last start.</summary>
    public Uri? Server { get; init; }

    /// <summary>The bootstrap token; null if there is none, as when the node has joined before.</summary>
    public string? Token { get; init; }

    /// <summary>The hashes of the authority's key of which one must be right; see
    /// <see cref="Kinds.Bootstrap.ClusterInfo.PinOf"/>.</summary>
    public IReadOnlyList<string> AuthorityHashes { get; init; } = [];

    /// <summary>A kubeconfig with address, authority and token; null if there is none.</summary>
    public string? BootstrapKubeConfig { get; init; }

    /// <summary>Where the kubeconfig of the node is kept, without credentials: it names the file of its certificate.</summary>
    public required string KubeConfig { get; init; }

    /// <summary>The folder of the node's certificate.</summary>
    public required string CertificateDirectory { get; init; }
}
