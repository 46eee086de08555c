using k8s.Models;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Rbac;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Kinds.Rbac;
using Microsoft.Extensions.DependencyInjection;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Tests.Hosting;

public sealed class RoleBootstrapTests : IAsyncLifetime
{
    private TestSilo _silo = null!;

    private ApiUser Api => _silo.Api;

    public async ValueTask InitializeAsync() => _silo = await TestSilo.StartAsync(new ScriptedLog());

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    [Fact]
    public async Task NewCluster_HasAllDefaults_WhenItIsReady()
    {
        (await Api.ListAsync<V1ClusterRole>("")).Select(role => role.Metadata.Name).ShouldBe(DefaultRoles.ClusterRoles().Select(role => role.Metadata.Name), ignoreOrder: true);
        (await Api.ListAsync<V1ClusterRoleBinding>("")).Count.ShouldBe(DefaultRoles.ClusterRoleBindings().Count + JoinBindings.ClusterRoleBindings().Count);
        (await Api.ListAsync<V1Role>("")).Count.ShouldBe(DefaultRoles.Roles().Count + JoinBindings.Roles().Count);

        // The aggregation controller finds nothing to do.
        var admin = await Api.GetAsync<V1ClusterRole>("", "admin");
        RuleCoverage.Missing(admin.Rules, DefaultRoles.ClusterRoles().Single(role => role.Metadata.Name == "system:aggregate-to-view").Rules).ShouldBeEmpty();
        admin.Metadata.ManagedFields.ShouldBeNull();
    }

    [Fact]
    public async Task Start_CompletesWhatIsMissing_AndReducesNothing()
    {
        await Api.DeleteAsync<V1ClusterRole>("", "system:discovery");
        await Api.DeleteAsync<V1ClusterRoleBinding>("", "kubeadm:kubelet-bootstrap");
        await Api.PatchAsync<V1ClusterRole>("", "system:basic-user", PatchType.MergePatch, """{"rules":[{"verbs":["get"],"apiGroups":[""],"resources":["nodes"]}]}""");
        await Api.PatchAsync<V1ClusterRole>("", "system:monitoring", PatchType.MergePatch, """{"rules":[],"metadata":{"annotations":{"rbac.authorization.kubernetes.io/autoupdate":"false"}}}""");
        await Api.PatchAsync<V1ClusterRoleBinding>("", "system:discovery", PatchType.MergePatch, """{"subjects":null}""");

        // As at the start of another silo.
        var starting = new RoleBootstrap(_silo.Services.GetRequiredService<IObjectClient>(), _silo.Services.GetRequiredService<ResourceRegistry>(), _silo.Services.GetRequiredService<RbacCaches>());
        await starting.EnsureAsync(TestContext.Current.CancellationToken);

        (await Api.GetAsync<V1ClusterRole>("", "system:discovery")).Rules.ShouldHaveSingleItem();
        (await Api.GetAsync<V1ClusterRole>("", "system:basic-user")).Rules.Count.ShouldBe(4);
        ((await Api.GetAsync<V1ClusterRole>("", "system:monitoring")).Rules?.Count ?? 0).ShouldBe(0);
        (await Api.GetAsync<V1ClusterRoleBinding>("", "system:discovery")).Subjects.ShouldHaveSingleItem().Name.ShouldBe("system:authenticated");
        (await Api.FindAsync<V1ClusterRoleBinding>("", "kubeadm:kubelet-bootstrap")).ShouldBeNull("whoever removed it wants no machine to join");

        await Api.DeleteAsync<V1ClusterRole>("", "system:discovery");
        await starting.EnsureAsync(TestContext.Current.CancellationToken);
        (await Api.FindAsync<V1ClusterRole>("", "system:discovery")).ShouldBeNull("it is done once, when a silo starts");
    }
}
