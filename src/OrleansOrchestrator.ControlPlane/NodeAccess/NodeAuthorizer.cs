using OrleansOrchestrator.Controllers.NodeAddressing;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.NodeAccess;

/// <summary>
/// What node daemons may do: read what the pods on their node need, and write their own Node, lease and pods. What a write may change is
/// up to the admission plug-in NodeRestriction.
/// </summary>
/// <remarks>
/// As the node authorizer of Kubernetes, with its reasons (https://kubernetes.io/docs/reference/access-authn-authz/node/). Daemons here
/// are service proxies and provisioners of local volumes too: they may also follow services, their endpoints, and the volumes that
/// are folders of their node. Where nodes have ranges of pod addresses, they may follow all nodes for their routes, as daemons of pod networks do:
/// all of them if the control plane gives the ranges, otherwise those to which an administrator has given one.
/// </remarks>
internal sealed class NodeAuthorizer(NodeGraph graph, NodeAddressingOptions addressing) : IAuthorizer
{
    private const string NodeLeases = "kube-node-lease";
    private const string Certificates = "certificates.k8s.io";
    private static readonly string[] Read = [Verbs.Get, Verbs.List, Verbs.Watch];

    /// <summary>What all nodes may do alike.</summary>
    private static readonly AccessRule[] Rules =
    [
        new("", "services", Read),
        new("discovery.k8s.io", "endpointslices", Read),
        new("", "endpoints", Read) { Only = ("default", "kubernetes") },
        new("", "namespaces", Verbs.Get) { Only = ("kube-system", "kube-system") },
        new("", "events", Verbs.Create, Verbs.Update, Verbs.Patch),
        new("events.k8s.io", "events", Verbs.Create, Verbs.Update, Verbs.Patch),
        new("node.k8s.io", "runtimeclasses", Read),
        new("storage.k8s.io", "csidrivers", Read),
        new(Certificates, "certificatesigningrequests", Verbs.Get, Verbs.List, Verbs.Watch, Verbs.Create),
    ];

    private static readonly AllowedActions NotListed = new([], [], "node authorizer does not support user rule resolution");
    private static readonly AllowedActions Nothing = new([], []);

    /// <inheritdoc/>
    public ValueTask<AuthorizationDecision> AuthorizeAsync(UserInfo user, AccessAttributes access, CancellationToken cancellationToken)
    {
        if (NodeIdentity.NodeOf(user) is not { } node)
            return ValueTask.FromResult(AuthorizationDecision.NoOpinion);
        if (node.Length == 0)
            return No($"unknown node for user \"{user.Name}\"");
        return access.IsResource ? AuthorizeAsync(node, access, cancellationToken) : ValueTask.FromResult(AuthorizationDecision.NoOpinion);
    }

    /// <inheritdoc/>
    public ValueTask<AllowedActions> ListAllowedAsync(UserInfo user, string @namespace, CancellationToken cancellationToken) =>
        ValueTask.FromResult(NodeIdentity.NodeOf(user) is null ? Nothing : NotListed);

    private ValueTask<AuthorizationDecision> AuthorizeAsync(string node, AccessAttributes access, CancellationToken cancellationToken) => (access.Group, access.Resource) switch
    {
        ("", "secrets") => ReadAsync(node, RelatedKind.Secret, access, cancellationToken),
        ("", "configmaps") => ReadAsync(node, RelatedKind.ConfigMap, access, cancellationToken),
        ("", "persistentvolumeclaims") => GetAsync(node, RelatedKind.PersistentVolumeClaim, access, cancellationToken),
        ("", "persistentvolumes") => UseVolumeAsync(node, access, cancellationToken),
        ("resource.k8s.io", "resourceclaims") => GetAsync(node, RelatedKind.ResourceClaim, access, cancellationToken),
        ("storage.k8s.io", "volumeattachments") => GetAsync(node, RelatedKind.VolumeAttachment, access, cancellationToken),
        ("", "serviceaccounts") => CreateTokenAsync(node, access, cancellationToken),
        ("coordination.k8s.io", "leases") => UseLease(node, access),
        ("storage.k8s.io", "csinodes") => UseCsiNode(node, access),
        ("", "nodes") => UseNode(node, access, cancellationToken),
        ("", "pods") => UsePodAsync(node, access, cancellationToken),
        _ => Array.Exists(Rules, rule => rule.Allows(access)) ? Yes : ValueTask.FromResult(AuthorizationDecision.NoOpinion),
    };

    private static ValueTask<AuthorizationDecision> Yes => ValueTask.FromResult(AuthorizationDecision.Allowed);

    private static ValueTask<AuthorizationDecision> No(string reason) => ValueTask.FromResult(new AuthorizationDecision(Verdict.NoOpinion, reason));

    /// <summary>Reads of one object, also by a list or watch that is limited to it.</summary>
    private ValueTask<AuthorizationDecision> ReadAsync(string node, RelatedKind kind, AccessAttributes access, CancellationToken cancellationToken) => access switch
    {
        { Verb: not (Verbs.Get or Verbs.List or Verbs.Watch) } => No("can only read resources of this type"),
        { Subresource.Length: > 0 } => No("cannot read subresource"),
        { Namespace.Length: 0 } => No("can only read namespaced object of this type"),
        _ => RequireAsync(node, kind, access, cancellationToken),
    };

    private ValueTask<AuthorizationDecision> GetAsync(string node, RelatedKind kind, AccessAttributes access, CancellationToken cancellationToken) => access switch
    {
        { Verb: not Verbs.Get } => No("can only get individual resources of this type"),
        { Subresource.Length: > 0 } => No("cannot get subresource"),
        _ => RequireAsync(node, kind, access, cancellationToken),
    };

    /// <summary>A node gets the volumes of its pods, follows those that are its folders, and lets these go.</summary>
    private ValueTask<AuthorizationDecision> UseVolumeAsync(string node, AccessAttributes access, CancellationToken cancellationToken) => access switch
    {
        { Verb: Verbs.List or Verbs.Watch, Name.Length: 0 } =>
            access.RequiredLabel(LocalPathVolumes.NodeLabel) == LocalPathVolumes.LabelOf(node) ? Yes : No($"can only list/watch volumes with {LocalPathVolumes.NodeLabel} label selector"),
        { Verb: Verbs.Patch, Subresource.Length: 0 } => RequireAsync(node, RelatedKind.LocalFolder, access, cancellationToken),
        _ => GetAsync(node, RelatedKind.PersistentVolume, access, cancellationToken),
    };

    private ValueTask<AuthorizationDecision> CreateTokenAsync(string node, AccessAttributes access, CancellationToken cancellationToken) => access switch
    {
        { Verb: not Verbs.Create } or { Name.Length: 0 } => No("can only create tokens for individual service accounts"),
        { Subresource: not "token" } => No("can only create token subresource of serviceaccount"),
        _ => RequireAsync(node, RelatedKind.ServiceAccount, access, cancellationToken),
    };

    private static ValueTask<AuthorizationDecision> UseLease(string node, AccessAttributes access) => access switch
    {
        { Verb: not (Verbs.Get or Verbs.Create or Verbs.Update or Verbs.Patch or Verbs.Delete) } => No("can only get, create, update, patch, or delete a node lease"),
        { Namespace: not NodeLeases } => No($"can only access leases in the \"{NodeLeases}\" system namespace"),
        // The name of a new lease is in its body, which admission reads.
        { Verb: Verbs.Create } => Yes,
        _ => access.Name == node ? Yes : No("can only access node lease with the same name as the requesting node"),
    };

    private static ValueTask<AuthorizationDecision> UseCsiNode(string node, AccessAttributes access) => access switch
    {
        { Verb: not (Verbs.Get or Verbs.Create or Verbs.Update or Verbs.Patch or Verbs.Delete) } => No("can only get, create, update, patch, or delete a CSINode"),
        { Subresource.Length: > 0 } => No("cannot authorize CSINode subresources"),
        { Verb: Verbs.Create } => Yes,
        _ => access.Name == node ? Yes : No("can only access CSINode with the same name as the requesting node"),
    };

    /// <summary>A node is compared by its name, so that a daemon may look for its Node before that exists.</summary>
    private ValueTask<AuthorizationDecision> UseNode(string node, AccessAttributes access, CancellationToken cancellationToken) => access switch
    {
        { Subresource: "", Verb: Verbs.Create } => Yes,
        { Subresource: "" or "status", Verb: Verbs.Update or Verbs.Patch } =>
            access.Name == node ? Yes : No($"node \"{node}\" is not allowed to modify node \"{access.Name}\""),
        { Subresource: "", Verb: Verbs.List or Verbs.Watch } when addressing.IsOn => Yes,
        { Subresource: "", Verb: Verbs.Get or Verbs.List or Verbs.Watch } => access.SelectedName switch
        {
            var name when name == node => Yes,
            "" => FollowNodesAsync(node, cancellationToken),
            var other => No($"node '{node}' cannot read '{other}', only its own Node object"),
        },
        { Subresource: "tunnel", Verb: Verbs.Get or Verbs.Create } => access.Name == node ? Yes : No($"node '{node}' cannot open a tunnel of '{access.Name}'"),
        _ => ValueTask.FromResult(AuthorizationDecision.NoOpinion),
    };

    private async ValueTask<AuthorizationDecision> FollowNodesAsync(string node, CancellationToken cancellationToken) =>
        await graph.HasRangeAsync(node, cancellationToken)
            ? AuthorizationDecision.Allowed
            : new AuthorizationDecision(Verdict.NoOpinion, $"node '{node}' cannot read all nodes, only its own Node object");

    private ValueTask<AuthorizationDecision> UsePodAsync(string node, AccessAttributes access, CancellationToken cancellationToken) => access switch
    {
        { Subresource: "", Verb: Verbs.Get } => RequireAsync(node, RelatedKind.Pod, access, cancellationToken),
        { Subresource: "", Verb: Verbs.List or Verbs.Watch } when access.RequiredField("spec.nodeName") == node => Yes,
        { Subresource: "", Verb: Verbs.List or Verbs.Watch } when access.SelectedName.Length > 0 && access.Namespace.Length > 0 => RequireAsync(node, RelatedKind.Pod, access, cancellationToken),
        { Subresource: "", Verb: Verbs.List or Verbs.Watch } => No("can only list/watch pods with spec.nodeName field selector"),
        { Subresource: "", Verb: Verbs.Create } => Yes,
        { Subresource: "", Verb: Verbs.Delete } => RefuseOthersPodAsync(node, "delete pods", access, cancellationToken),
        { Subresource: "status", Verb: Verbs.Update or Verbs.Patch } => RefuseOthersPodAsync(node, "update pod status for pods", access, cancellationToken),
        { Subresource: "eviction", Verb: Verbs.Create } => RefuseOthersPodAsync(node, "evict pods", access, cancellationToken),
        _ => ValueTask.FromResult(AuthorizationDecision.NoOpinion),
    };

    /// <summary>A pod of another node is not touched: the refusal of a patch would tell what the patch copied. One that is not there is not found.</summary>
    private async ValueTask<AuthorizationDecision> RefuseOthersPodAsync(string node, string what, AccessAttributes access, CancellationToken cancellationToken)
    {
        var key = new ObjectKey(access.Namespace, access.Name);
        if (graph.IsRelated(node, RelatedKind.Pod, key))
            return AuthorizationDecision.Allowed;
        await graph.EnsureCurrentAsync(RelatedKind.Pod, cancellationToken);
        return graph.IsRelated(node, RelatedKind.Pod, key) || !graph.HasPod(key)
            ? AuthorizationDecision.Allowed
            : new AuthorizationDecision(Verdict.NoOpinion, $"node \"{node}\" can only {what} with spec.nodeName set to itself");
    }

    private ValueTask<AuthorizationDecision> RequireAsync(string node, RelatedKind kind, AccessAttributes access, CancellationToken cancellationToken)
    {
        var name = access.SelectedName;
        if (name.Length == 0)
            return No("No Object name found");
        var key = new ObjectKey(access.Namespace, name);
        return graph.IsRelated(node, kind, key) ? Yes : RequireCurrentAsync(node, kind, key, cancellationToken);
    }

    private async ValueTask<AuthorizationDecision> RequireCurrentAsync(string node, RelatedKind kind, ObjectKey key, CancellationToken cancellationToken)
    {
        await graph.EnsureCurrentAsync(kind, cancellationToken);
        return graph.IsRelated(node, kind, key)
            ? AuthorizationDecision.Allowed
            : new AuthorizationDecision(Verdict.NoOpinion, $"no relationship found between node '{node}' and this object");
    }
}
