using OrleansOrchestrator.ControlPlane.Authorization;

namespace OrleansOrchestrator.ControlPlane.Tests.Authorization;

public sealed class DefaultBindingsTests
{
    private static readonly UserInfo Machine = new("system:bootstrap:abcdef", [WellKnownGroups.Bootstrappers, WellKnownGroups.JoiningNodes, WellKnownGroups.Authenticated]);
    private static readonly UserInfo Node = new("system:node:a", [WellKnownGroups.Nodes, WellKnownGroups.Authenticated]);

    [Fact]
    public async Task Machine_ThatJoins_AsksForACertificateAndNothingElse()
    {
        (await MayAsync(Machine, "create", "certificates.k8s.io", "certificatesigningrequests", "")).ShouldBeTrue();
        (await MayAsync(Machine, "get", "certificates.k8s.io", "certificatesigningrequests", "x")).ShouldBeTrue();
        (await MayAsync(Machine, "list", "", "pods", "")).ShouldBeFalse();
        (await MayAsync(Machine, "get", "", "configmaps", "cluster-info", "kube-system")).ShouldBeFalse();
        (await MayAsync(Machine, "update", "certificates.k8s.io", "certificatesigningrequests/approval", "x")).ShouldBeFalse();
    }

    [Theory]
    [InlineData(WellKnownGroups.Bootstrappers)]
    [InlineData("system:bootstrappers:workers")]
    public async Task Machine_WithATokenForSomethingElse_AsksForNothing(string group)
    {
        var machine = Machine with { Groups = [WellKnownGroups.Bootstrappers, group, WellKnownGroups.Authenticated] };

        (await MayAsync(machine, "create", "certificates.k8s.io", "certificatesigningrequests", "")).ShouldBeFalse();
        (await MayAsync(machine, "get", "certificates.k8s.io", "certificatesigningrequests", "x")).ShouldBeFalse();
        DefaultBindings.AllowApproval(machine, DefaultBindings.NodeClient).ShouldBeFalse();
    }

    [Fact]
    public void Approval_IsForMachinesThatJoinAndForNodesThatRenew()
    {
        DefaultBindings.AllowApproval(Machine, DefaultBindings.NodeClient).ShouldBeTrue();
        DefaultBindings.AllowApproval(Machine, DefaultBindings.SelfNodeClient).ShouldBeFalse();
        DefaultBindings.AllowApproval(Node, DefaultBindings.SelfNodeClient).ShouldBeTrue();
        DefaultBindings.AllowApproval(Node, DefaultBindings.NodeClient).ShouldBeFalse("a node gets no other node's name");
        DefaultBindings.AllowApproval(new UserInfo("jane", [WellKnownGroups.Authenticated]), DefaultBindings.NodeClient).ShouldBeFalse();
    }

    [Theory]
    [InlineData(WellKnownGroups.Unauthenticated)]
    [InlineData(WellKnownGroups.Authenticated)]
    public async Task ClusterInfo_IsReadByAnybodyAndNotChanged(string group)
    {
        var anybody = new UserInfo("x", [group]);

        (await MayAsync(anybody, "get", "", "configmaps", "cluster-info", "kube-public")).ShouldBeTrue();
        (await MayAsync(anybody, "list", "", "configmaps", "", "kube-public")).ShouldBeFalse();
        (await MayAsync(anybody, "update", "", "configmaps", "cluster-info", "kube-public")).ShouldBeFalse();
        (await MayAsync(anybody, "get", "", "configmaps", "other", "kube-public")).ShouldBeFalse();
        (await MayAsync(anybody, "get", "", "secrets", "cluster-info", "kube-public")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("kube-public", true)]
    [InlineData("default", false)]
    public async Task ClusterInfo_IsListedInItsNamespaceOnly(string space, bool isListed)
    {
        var allowed = await new DefaultBindings().ListAllowedAsync(Node, space, TestContext.Current.CancellationToken);

        allowed.Resources.Any(rule => rule.Resources.Contains("configmaps")).ShouldBe(isListed);
    }

    private static async Task<bool> MayAsync(UserInfo user, string verb, string group, string resource, string name, string @namespace = "")
    {
        var parts = resource.Split('/');
        var access = new AccessAttributes
        {
            IsResource = true,
            Verb = verb,
            Group = group,
            Resource = parts[0],
            Subresource = parts.ElementAtOrDefault(1) ?? "",
            Name = name,
            Namespace = @namespace,
        };
        return (await new DefaultBindings().AuthorizeAsync(user, access, TestContext.Current.CancellationToken)).IsAllowed;
    }
}
