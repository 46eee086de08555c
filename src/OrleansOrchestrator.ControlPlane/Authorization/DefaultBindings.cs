namespace OrleansOrchestrator.ControlPlane.Authorization;

/// <summary>
/// What a new cluster allows machines that join it, by their groups. These are bindings of RBAC in a cluster of kubeadm; RBAC is not
/// enforced yet, so that this is the one place that says them.
/// </summary>
/// <remarks>
/// <para>Of machines with a bootstrap token: <c>kubeadm:kubelet-bootstrap</c> lets them ask for a certificate, and
/// <c>kubeadm:node-autoapprove-bootstrap</c> lets the controller approve that of a node.</para>
/// <para>Of nodes: <c>kubeadm:node-autoapprove-certificate-rotation</c> lets the controller approve the renewal of their own.</para>
/// <para>Of everybody: <c>kubeadm:bootstrap-signer-clusterinfo</c> shows how to reach the cluster and by which authority it is known.</para>
/// <para>https://kubernetes.io/docs/reference/access-authn-authz/kubelet-tls-bootstrapping/</para>
/// </remarks>
internal sealed class DefaultBindings : IAuthorizer
{
    /// <summary>The subresource of certificate requests that stands for the right to get a node's certificate.</summary>
    public const string NodeClient = "nodeclient";

    /// <summary>The subresource that stands for the right of a node to renew its certificate.</summary>
    public const string SelfNodeClient = "selfnodeclient";

    private const string Certificates = "certificates.k8s.io";
    private const string Requests = "certificatesigningrequests";

    private static readonly (string Group, AccessRule[] Rules)[] Bindings =
    [
        (WellKnownGroups.JoiningNodes,
        [
            new(Certificates, Requests, Verbs.Get, Verbs.List, Verbs.Watch, Verbs.Create),
            new(Certificates, $"{Requests}/{NodeClient}", Verbs.Create),
        ]),
        (WellKnownGroups.Nodes, [new(Certificates, $"{Requests}/{SelfNodeClient}", Verbs.Create)]),
        (WellKnownGroups.Unauthenticated, ClusterInfo),
        (WellKnownGroups.Authenticated, ClusterInfo),
    ];

    private static AccessRule[] ClusterInfo => [new("", "configmaps", Verbs.Get) { Only = ("kube-public", "cluster-info") }];

    /// <summary>Whether the bindings allow a user an action.</summary>
    public static bool Allow(UserInfo user, AccessAttributes access) =>
        Array.Exists(Bindings, binding => user.IsIn(binding.Group) && Array.Exists(binding.Rules, rule => rule.Allows(access)));

    /// <summary>Whether the controller may approve a certificate of this requester: the answer of a SubjectAccessReview.</summary>
    /// <param name="user">The requester.</param>
    /// <param name="subresource"><see cref="NodeClient"/> or <see cref="SelfNodeClient"/>.</param>
    public static bool AllowApproval(UserInfo user, string subresource) => user.IsIn(WellKnownGroups.Masters) || Allow(user, new AccessAttributes
    {
        IsResource = true,
        Verb = Verbs.Create,
        Group = Certificates,
        Version = "*",
        Resource = Requests,
        Subresource = subresource,
    });

    /// <inheritdoc/>
    public ValueTask<AuthorizationDecision> AuthorizeAsync(UserInfo user, AccessAttributes access, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Allow(user, access) ? AuthorizationDecision.Allowed : AuthorizationDecision.NoOpinion);

    /// <inheritdoc/>
    public ValueTask<AllowedActions> ListAllowedAsync(UserInfo user, string @namespace, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new AllowedActions(
            [
                .. Bindings.Where(binding => user.IsIn(binding.Group)).SelectMany(binding => binding.Rules)
                    .Where(rule => rule.Only is not { } only || only.Namespace == @namespace)
                    .Select(rule => rule.ToModel()),
            ],
            []));
}
