namespace OrleansOrchestrator.ControlPlane.Authorization;

/// <summary>Users and groups with a meaning to the system.</summary>
/// <remarks>https://kubernetes.io/docs/reference/access-authn-authz/authentication/</remarks>
public static class WellKnownGroups
{
    /// <summary>The group that may do everything.</summary>
    public const string Masters = "system:masters";

    /// <summary>The group of node daemons.</summary>
    public const string Nodes = "system:nodes";

    /// <summary>The user of a node daemon is this and the node's name.</summary>
    public const string NodeUserPrefix = "system:node:";

    /// <summary>The group of machines that join the cluster.</summary>
    public const string Bootstrappers = "system:bootstrappers";

    /// <summary>The group of those machines that may ask for a node's certificate. Their tokens name it.</summary>
    public const string JoiningNodes = "system:bootstrappers:kubeadm:default-node-token";

    /// <summary>The group of all users with valid credentials.</summary>
    public const string Authenticated = "system:authenticated";

    /// <summary>The group of requests without credentials.</summary>
    public const string Unauthenticated = "system:unauthenticated";

    /// <summary>The user of requests without credentials.</summary>
    public const string AnonymousUser = "system:anonymous";
}
