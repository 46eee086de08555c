using OrleansOrchestrator.ControlPlane.Authorization;

namespace OrleansOrchestrator.ControlPlane.Tests.Authorization;

public sealed class NodeAuthorizerTests
{
    private static readonly UserInfo Node = new("system:node:a", [WellKnownGroups.Nodes, WellKnownGroups.Authenticated]);
    private static readonly UserInfo Machine = new("system:bootstrap:abcdef", [WellKnownGroups.Bootstrappers, WellKnownGroups.JoiningNodes, WellKnownGroups.Authenticated]);

    [Theory]
    [InlineData("list", "", "pods", "", true)]
    [InlineData("patch", "", "pods/status", "any", true)]
    [InlineData("patch", "", "nodes/status", "a", true)]
    [InlineData("patch", "", "nodes/status", "b", false)]
    [InlineData("delete", "", "nodes", "a", false)]
    [InlineData("patch", "coordination.k8s.io", "leases", "a", true)]
    [InlineData("patch", "coordination.k8s.io", "leases", "b", false)]
    [InlineData("create", "", "serviceaccounts/token", "default", true)]
    [InlineData("create", "certificates.k8s.io", "certificatesigningrequests", "", true)]
    [InlineData("update", "certificates.k8s.io", "certificatesigningrequests/approval", "x", false)]
    [InlineData("create", "", "pods/exec", "x", false)]
    [InlineData("update", "", "secrets", "x", false)]
    [InlineData("create", "rbac.authorization.k8s.io", "clusterrolebindings", "", false)]
    public async Task Node_DoesSomething_OnlyIfItsWorkNeedsIt(string verb, string group, string resource, string name, bool isAllowed) =>
        (await MayAsync(Node, verb, group, resource, name)).ShouldBe(isAllowed);

    [Fact]
    public async Task Machine_ThatJoins_AsksForACertificateAndNothingElse()
    {
        (await MayAsync(Machine, "create", "certificates.k8s.io", "certificatesigningrequests", "")).ShouldBeTrue();
        (await MayAsync(Machine, "get", "certificates.k8s.io", "certificatesigningrequests", "x")).ShouldBeTrue();
        (await MayAsync(Machine, "create", "certificates.k8s.io", "certificatesigningrequests/nodeclient", "")).ShouldBeFalse("nothing is approved without an administrator");
        (await MayAsync(Machine, "list", "", "pods", "")).ShouldBeFalse();
        (await MayAsync(Machine, "update", "certificates.k8s.io", "certificatesigningrequests/approval", "x")).ShouldBeFalse();
    }

    [Theory]
    [InlineData(WellKnownGroups.Bootstrappers)]
    [InlineData("system:bootstrappers:workers")]
    public async Task Machine_WithATokenForSomethingElse_MayNothing(string group)
    {
        var machine = Machine with { Groups = [WellKnownGroups.Bootstrappers, group, WellKnownGroups.Authenticated] };

        (await MayAsync(machine, "create", "certificates.k8s.io", "certificatesigningrequests", "")).ShouldBeFalse();
        (await MayAsync(machine, "get", "certificates.k8s.io", "certificatesigningrequests", "x")).ShouldBeFalse();
        (await new NodeAuthorizer().ListAllowedAsync(machine, "", TestContext.Current.CancellationToken)).Resources.ShouldBeEmpty();
    }

    [Fact]
    public async Task User_WithTheNameOfANodeButNotItsGroup_MayNothing() =>
        (await MayAsync(Node with { Groups = [WellKnownGroups.Authenticated] }, "list", "", "pods", "")).ShouldBeFalse();

    private static async Task<bool> MayAsync(UserInfo user, string verb, string group, string resource, string name)
    {
        var parts = resource.Split('/');
        var access = new AccessAttributes { IsResource = true, Verb = verb, Group = group, Resource = parts[0], Subresource = parts.ElementAtOrDefault(1) ?? "", Name = name };
        return (await new NodeAuthorizer().AuthorizeAsync(user, access, TestContext.Current.CancellationToken)).IsAllowed;
    }
}
