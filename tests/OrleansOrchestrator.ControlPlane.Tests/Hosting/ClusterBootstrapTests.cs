using k8s.Models;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Hosting;

public sealed class ClusterBootstrapTests : IAsyncLifetime
{
    private TestSilo _silo = null!;

    private ApiUser Api => _silo.Api;

    public async ValueTask InitializeAsync() =>
        _silo = await TestSilo.StartAsync(new ScriptedLog(), new ControlPlaneOptions { ApiEndpoint = new ApiEndpoint("192.0.2.1", 6443), RootCertificatePem = "a certificate" });

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    [Fact]
    public async Task WhatTheClusterNeeds_Deleted_ComesBack()
    {
        await UntilAsync(() => HasAsync<V1ConfigMap>("default", "kube-root-ca.crt"));
        await UntilAsync(() => HasAsync<V1EndpointSlice>("default", "kubernetes"));

        await Api.DeleteAsync<V1PriorityClass>("", "system-node-critical");
        await Api.DeleteAsync<V1Namespace>("", "kube-node-lease");
        await Api.DeleteAsync<V1Service>("default", "kubernetes");
        await Api.DeleteAsync<V1ServiceAccount>("default", "default");
        await Api.DeleteAsync<V1ConfigMap>("default", "kube-root-ca.crt");
        await Api.DeleteAsync<V1EndpointSlice>("default", "kubernetes");
        await Api.DeleteAsync<V1Endpoints>("default", "kubernetes");

        await UntilAsync(() => HasAsync<V1PriorityClass>("", "system-node-critical"));
        await UntilAsync(async () => await Api.FindAsync<V1Namespace>("", "kube-node-lease") is { Metadata.DeletionTimestamp: null });
        await UntilAsync(async () => await Api.FindAsync<V1Service>("default", "kubernetes") is { Spec.ClusterIP: "10.96.0.1" });
        await UntilAsync(() => HasAsync<V1ServiceAccount>("default", "default"));
        await UntilAsync(() => HasAsync<V1ConfigMap>("default", "kube-root-ca.crt"));
        await UntilAsync(() => HasAsync<V1EndpointSlice>("default", "kubernetes"));
        await UntilAsync(() => HasAsync<V1Endpoints>("default", "kubernetes"));
    }

    [Fact]
    public async Task Silos_AtAnotherPort_AreInASliceOfTheirOwnWhileTheyAreThere()
    {
        await Api.CreateAsync(new V1Lease
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = "kube-system", Name = "apiserver-192.0.2.2-7443", Labels = new Dictionary<string, string> { ["apiserver.kubernetes.io/identity"] = "orchestrator" } },
            Spec = new V1LeaseSpec { HolderIdentity = "192.0.2.2|7443" },
        });

        await UntilAsync(async () => await Api.FindAsync<V1EndpointSlice>("default", "kubernetes-7443") is
        {
            Ports: [{ Port: 7443 }], Endpoints: [{ Addresses: ["192.0.2.2"] }], Metadata.Labels: { } labels,
        } && labels["kubernetes.io/service-name"] == "kubernetes");
        (await Api.GetAsync<V1EndpointSlice>("default", "kubernetes")).Ports.ShouldHaveSingleItem().Port.ShouldBe(6443);

        // Nobody renews the lease.
        await UntilAsync(async () => !await HasAsync<V1EndpointSlice>("default", "kubernetes-7443"));
    }

    [Fact]
    public async Task KubernetesService_Damaged_IsSetRightAndKeepsWhatItsUsersAdd()
    {
        await Api.PatchAsync<V1Service>("default", "kubernetes", PatchType.MergePatch,
            """{"metadata":{"labels":{"mine":"yes"},"annotations":null},"spec":{"type":"NodePort","ports":[{"name":"other","port":1}],"selector":{"a":"b"}}}""");

        await UntilAsync(async () => await Api.FindAsync<V1Service>("default", "kubernetes") is { Spec: { Type: "ClusterIP", Selector: null, Ports: [{ Port: 443 }] } });

        var service = await Api.GetAsync<V1Service>("default", "kubernetes");
        service.Metadata.Labels["mine"].ShouldBe("yes");
        service.Metadata.Annotations.ShouldContainKey(ClusterBootstrap.ServiceCidrAnnotation);
        service.Spec.ClusterIP.ShouldBe("10.96.0.1");
    }

    [Fact]
    public async Task ServiceCIDR_OfTheCluster_IsThereReadyAndHeld()
    {
        await UntilAsync(async () => (await Api.FindAsync<V1ServiceCIDR>("", "kubernetes"))?.Status?.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) is true);

        var range = await Api.GetAsync<V1ServiceCIDR>("", "kubernetes");
        range.Spec.Cidrs.ShouldBe(["10.96.0.0/16"]);
        range.Metadata.Finalizers.ShouldBe(["networking.k8s.io/service-cidr-finalizer"]);
    }

    [Theory]
    [InlineData("default")]
    [InlineData("kube-system")]
    [InlineData("kube-public")]
    public async Task Namespace_OfTheSystem_CannotBeDeleted(string name)
    {
        var refused = await Should.ThrowAsync<ApiException>(Api.DeleteAsync<V1Namespace>("", name));

        (refused.Code, refused.Message).ShouldBe((403, $"namespaces \"{name}\" is forbidden: this namespace may not be deleted"));
    }

    private async Task<bool> HasAsync<T>(string @namespace, string name)
        where T : class, KubeObject => await Api.FindAsync<T>(@namespace, name) is not null;

    private static Task UntilAsync(Func<Task<bool>> condition) => Eventually.HoldsAsync(condition);
}
