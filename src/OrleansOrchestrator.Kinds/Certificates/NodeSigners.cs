namespace OrleansOrchestrator.Kinds.Certificates;

/// <summary>The signers of nodes' certificates.</summary>
/// <remarks>See https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers.</remarks>
public static class NodeSigners
{
    /// <summary>Signs certificates by which nodes log in.</summary>
    public const string Client = "kubernetes.io/kube-apiserver-client-kubelet";

    /// <summary>Signs certificates of the servers of nodes.</summary>
    public const string Serving = "kubernetes.io/kubelet-serving";

    /// <summary>The only group of nodes.</summary>
    public const string Group = "system:nodes";

    /// <summary>The user of a node is this and the node's name.</summary>
    public const string UserPrefix = "system:node:";

    /// <summary>The condition of a request that is not approved, because the node exists and somebody else asks.</summary>
    public const string NodeExists = "NodeExists";

    /// <summary>Whether a signer is one of them.</summary>
    public static bool Has(string? signer) => signer is Client or Serving;
}
