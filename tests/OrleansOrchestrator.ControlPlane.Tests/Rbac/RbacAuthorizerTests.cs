using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;

namespace OrleansOrchestrator.ControlPlane.Tests.Rbac;

/// <summary>What the authorizers of a silo decide by the roles and bindings of its store.</summary>
public sealed class RbacAuthorizerTests(SharedSilo shared)
{
    private static readonly UserInfo Machine = new("system:bootstrap:abcdef", [WellKnownGroups.Bootstrappers, WellKnownGroups.JoiningNodes, WellKnownGroups.Authenticated]);
    private static readonly UserInfo Node = new("system:node:a", [WellKnownGroups.Nodes, WellKnownGroups.Authenticated]);
    private static readonly UserInfo Anonymous = new(WellKnownGroups.AnonymousUser, [WellKnownGroups.Unauthenticated]);
    private static readonly UserInfo Known = new("jane", [WellKnownGroups.Authenticated]);

    private AuthorizerChain Chain => shared.Silo.Services.GetRequiredService<AuthorizerChain>();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Grant_HoldsAtOnce_AndEndsWithItsBindingOrRole()
    {
        var space = await shared.Api.NewNamespaceAsync();
        var user = new UserInfo($"user-of-{space}", [WellKnownGroups.Authenticated]);
        (await MayAsync(user, "get", "", "pods", "p", space)).ShouldBeFalse();

        await shared.Api.CreateAsync(Binding(space, "readers", "Role", "reader", user.Name));
        (await DecideAsync(user, "get", "", "pods", "p", space)).ShouldBe(new AuthorizationDecision(Verdict.NoOpinion, "RBAC: role.rbac.authorization.k8s.io \"reader\" not found"));

        await shared.Api.CreateAsync(new V1Role
        {
            Metadata = new V1ObjectMeta { Name = "reader", NamespaceProperty = space },
            Rules = [new V1PolicyRule { Verbs = ["get"], ApiGroups = [""], Resources = ["pods"] }],
        });
        (await DecideAsync(user, "get", "", "pods", "p", space)).Reason.ShouldBe($"RBAC: allowed by RoleBinding \"readers/{space}\" of Role \"reader\" to User \"{user.Name}\"");
        (await MayAsync(user, "get", "", "pods", "p", "default")).ShouldBeFalse();
        (await MayAsync(user, "get", "", "pods/log", "p", space)).ShouldBeFalse();
        (await MayAsync(user, "delete", "", "pods", "p", space)).ShouldBeFalse();

        var listed = await Chain.ListAllowedAsync(user, space, Cancellation);
        listed.Resources.ShouldContain(rule => rule.Resources.Contains("pods") && rule.Verbs.Contains("get"));
        listed.WhyIncomplete.ShouldBe("");

        await shared.Api.DeleteAsync<V1RoleBinding>(space, "readers");
        (await shared.Api.ListAsync<V1RoleBinding>(space)).ShouldBeEmpty("the cache has seen the deletion");
        (await MayAsync(user, "get", "", "pods", "p", space)).ShouldBeFalse();
    }

    [Fact]
    public async Task Anybody_SeesHealthAndVersionOnly()
    {
        foreach (var path in new[] { "/healthz", "/livez", "/readyz", "/version" })
            (await MayReadAsync(Anonymous, path)).ShouldBeTrue(path);
        foreach (var path in new[] { "/api", "/apis", "/openapi/v2", "/metrics", "/livez/ping", "/versions" })
            (await MayReadAsync(Anonymous, path)).ShouldBeFalse(path);
        foreach (var path in new[] { "/api", "/apis/apps/v1", "/openapi/v3/apis/apps/v1", "/livez" })
            (await MayReadAsync(Known, path)).ShouldBeTrue(path);
        (await MayReadAsync(Known, "/metrics")).ShouldBeFalse();
        (await MayAsync(Known, "create", "authorization.k8s.io", "selfsubjectaccessreviews", "")).ShouldBeTrue();
        (await MayAsync(Known, "create", "authorization.k8s.io", "subjectaccessreviews", "")).ShouldBeFalse();
        (await MayAsync(Known, "get", "", "namespaces", "default", "default")).ShouldBeFalse();
    }

    [Fact]
    public async Task Machine_ThatJoins_AsksForACertificateAndNothingElse()
    {
        (await MayAsync(Machine, "create", "certificates.k8s.io", "certificatesigningrequests", "")).ShouldBeTrue();
        (await MayAsync(Machine, "get", "certificates.k8s.io", "certificatesigningrequests", "x")).ShouldBeTrue();
        (await MayAsync(Machine, "create", "certificates.k8s.io", "certificatesigningrequests/nodeclient", "")).ShouldBeTrue();
        (await MayAsync(Machine, "create", "certificates.k8s.io", "certificatesigningrequests/selfnodeclient", "")).ShouldBeFalse();
        (await MayAsync(Machine, "list", "", "pods", "")).ShouldBeFalse();
        (await MayAsync(Machine, "get", "", "nodes", "a")).ShouldBeFalse();
        (await MayAsync(Machine, "update", "certificates.k8s.io", "certificatesigningrequests/approval", "x")).ShouldBeFalse();
        var other = Machine with { Groups = [WellKnownGroups.Bootstrappers, "system:bootstrappers:workers", WellKnownGroups.Authenticated] };
        (await MayAsync(other, "create", "certificates.k8s.io", "certificatesigningrequests", "")).ShouldBeFalse("its token is for something else");

        (await MayAsync(Node, "create", "certificates.k8s.io", "certificatesigningrequests/selfnodeclient", "")).ShouldBeTrue();
        (await MayAsync(Node, "create", "certificates.k8s.io", "certificatesigningrequests/nodeclient", "")).ShouldBeFalse("a node gets no other node's name");
    }

    [Fact]
    public async Task ClusterInfo_IsReadByAnybodyAndNotChanged()
    {
        (await MayAsync(Anonymous, "get", "", "configmaps", "cluster-info", "kube-public")).ShouldBeTrue();
        (await MayAsync(Anonymous, "list", "", "configmaps", "", "kube-public")).ShouldBeFalse();
        (await MayAsync(Anonymous, "update", "", "configmaps", "cluster-info", "kube-public")).ShouldBeFalse();
        (await MayAsync(Anonymous, "get", "", "configmaps", "cluster-info", "kube-system")).ShouldBeFalse();
        (await MayAsync(Anonymous, "get", "", "secrets", "cluster-info", "kube-public")).ShouldBeFalse();
    }

    private async Task<bool> MayAsync(UserInfo user, string verb, string group, string resource, string name, string @namespace = "") =>
        (await DecideAsync(user, verb, group, resource, name, @namespace)).IsAllowed;

    private async Task<bool> MayReadAsync(UserInfo user, string path) =>
        (await Chain.DecideAsync(user, new AccessAttributes { Verb = "get", Path = path }, Cancellation)).IsAllowed;

    private ValueTask<AuthorizationDecision> DecideAsync(UserInfo user, string verb, string group, string resource, string name, string @namespace) =>
        Chain.DecideAsync(
            user,
            new AccessAttributes
            {
                IsResource = true,
                Verb = verb,
                Group = group,
                Resource = resource.Split('/')[0],
                Subresource = resource.Split('/').ElementAtOrDefault(1) ?? "",
                Name = name,
                Namespace = @namespace,
            },
            Cancellation);

    private static V1RoleBinding Binding(string space, string name, string kind, string role, string user) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = space },
        RoleRef = new V1RoleRef { ApiGroup = "rbac.authorization.k8s.io", Kind = kind, Name = role },
        Subjects = [new Rbacv1Subject { Kind = "User", Name = user, ApiGroup = "rbac.authorization.k8s.io" }],
    };
}
