using System.Collections.Frozen;
using k8s.Models;

namespace OrleansOrchestrator.ControlPlane.Authorization;

/// <summary>What node daemons may do with certificates of their own, and what machines may do that join the cluster.</summary>
/// <remarks>
/// As the role <c>system:node</c> of Kubernetes, which the node authorizer limits to the objects of a node's pods
/// (https://kubernetes.io/docs/reference/access-authn-authz/node/). A daemon writes only its own Node and lease; to which pods
/// everything else belongs is not looked at yet. So nobody gets a node's certificate without an administrator's approval. Machines that
/// join have the role <c>system:node-bootstrapper</c>, as kubeadm binds it.
/// </remarks>
internal sealed class NodeAuthorizer : IAuthorizer
{
    private const string Certificates = "certificates.k8s.io";
    private static readonly string[] Read = [Verbs.Get, Verbs.List, Verbs.Watch];

    private static readonly Rule[] OfNodes =
    [
        new("", "services", Read),
        new("", "endpoints", Read),
        new("discovery.k8s.io", "endpointslices", Read),
        new("", "namespaces", [Verbs.Get]),
        new("", "configmaps", Read),
        new("", "secrets", Read),
        new("", "serviceaccounts", [Verbs.Get]),
        new("", "serviceaccounts/token", [Verbs.Create]),
        new("", "nodes", [.. Read, Verbs.Create]),
        new("", "nodes", [Verbs.Patch, Verbs.Update]) { IsOwn = true },
        new("", "nodes/status", [Verbs.Get, Verbs.Patch, Verbs.Update]) { IsOwn = true },
        new("", "nodes/tunnel", [Verbs.Get, Verbs.Create]) { IsOwn = true },
        new("", "pods", [.. Read, Verbs.Create, Verbs.Patch, Verbs.Delete]),
        new("", "pods/status", [Verbs.Get, Verbs.Patch, Verbs.Update]),
        new("", "persistentvolumes", [.. Read, Verbs.Patch]),
        new("", "persistentvolumeclaims", Read),
        new("", "events", [Verbs.Create, Verbs.Patch, Verbs.Update]),
        new("storage.k8s.io", "storageclasses", Read),
        new("node.k8s.io", "runtimeclasses", Read),
        new("coordination.k8s.io", "leases", [Verbs.Create]),
        new("coordination.k8s.io", "leases", [Verbs.Get, Verbs.Patch, Verbs.Update, Verbs.Delete]) { IsOwn = true },
        new(Certificates, "certificatesigningrequests", [.. Read, Verbs.Create]),
    ];

    private static readonly Rule[] OfJoiningNodes =
    [
        new(Certificates, "certificatesigningrequests", [.. Read, Verbs.Create]),
    ];

    private static readonly AllowedActions ForNodes = Actions(OfNodes);
    private static readonly AllowedActions ForJoiningNodes = Actions(OfJoiningNodes);

    /// <inheritdoc/>
    public ValueTask<AuthorizationDecision> AuthorizeAsync(UserInfo user, AccessAttributes access, CancellationToken cancellationToken) =>
        ValueTask.FromResult(access.IsResource && Array.Exists(RulesOf(user), rule => rule.Allows(access, NameOf(user))) ? AuthorizationDecision.Allowed : AuthorizationDecision.NoOpinion);

    /// <inheritdoc/>
    public ValueTask<AllowedActions> ListAllowedAsync(UserInfo user, string @namespace, CancellationToken cancellationToken) =>
        ValueTask.FromResult(NameOf(user).Length > 0 ? ForNodes : user.IsIn(WellKnownGroups.JoiningNodes) ? ForJoiningNodes : new AllowedActions([], []));

    private static Rule[] RulesOf(UserInfo user) => NameOf(user).Length > 0 ? OfNodes : user.IsIn(WellKnownGroups.JoiningNodes) ? OfJoiningNodes : [];

    /// <summary>The node of a daemon; empty if the user is none.</summary>
    private static string NameOf(UserInfo user) =>
        user.IsIn(WellKnownGroups.Nodes) && user.Name.StartsWith(WellKnownGroups.NodeUserPrefix, StringComparison.Ordinal) ? user.Name[WellKnownGroups.NodeUserPrefix.Length..] : "";

    private static AllowedActions Actions(Rule[] rules) => new(
        [.. rules.Select(rule => new V1ResourceRule { Verbs = [.. rule.Verbs], ApiGroups = [rule.Group], Resources = [rule.Resource] })], []);

    /// <summary>Allows some verbs on a resource, or on a subresource after a slash.</summary>
    private sealed record Rule(string Group, string Resource, string[] Verbs)
    {
        private readonly FrozenSet<string> _verbs = Verbs.ToFrozenSet(StringComparer.Ordinal);

        /// <summary>Whether it is about the object with the node's own name only.</summary>
        public bool IsOwn { get; init; }

        public bool Allows(AccessAttributes access, string node) =>
            access.Group == Group
            && (access.Subresource.Length == 0 ? access.Resource : $"{access.Resource}/{access.Subresource}") == Resource
            && _verbs.Contains(access.Verb)
            && (!IsOwn || access.Name == node);
    }
}
