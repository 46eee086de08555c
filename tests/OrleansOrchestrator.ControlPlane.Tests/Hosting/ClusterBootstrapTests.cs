using k8s.Models;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.Kinds.Core.Services;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Hosting;

public sealed class ClusterBootstrapTests : IAsyncLifetime
{
    private TestSilo _silo = null!;

    private ApiUser Api => _silo.Api;

    public async ValueTask InitializeAsync() =>
        _silo = await TestSilo.StartAsync(new ScriptedLog(), new ControlPlaneOptions { ApiEndpoint = new ApiEndpoint("192.0.2.1", 6443), RootCertificatePem = "a certificate", FrontProxyCertificatePem = "another" });

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
        service.Metadata.Annotations.ShouldContainKey(ClusterService.ServiceRangeAnnotation);
        service.Spec.ClusterIP.ShouldBe("10.96.0.1");
    }

    [Fact]
    public async Task DnsService_Damaged_IsSetRight_AndIsLeftToPodsThatServeIt()
    {
        await UntilAsync(async () => await Api.FindAsync<V1Service>("kube-system", "kube-dns") is { Spec: { ClusterIP: "10.96.0.10", Selector: null, Ports: [{ Name: "dns", Protocol: "UDP", Port: 53 }, { Name: "dns-tcp", Protocol: "TCP", Port: 53 }] } });
        await Api.PatchAsync<V1Service>("kube-system", "kube-dns", PatchType.MergePatch, """{"metadata":{"labels":{"mine":"yes","service.kubernetes.io/service-proxy-name":null}},"spec":{"ports":[{"name":"other","port":1}]}}""");

        await UntilAsync(async () => await Api.FindAsync<V1Service>("kube-system", "kube-dns") is { Spec.Ports.Count: 2 });
        (await Api.GetAsync<V1Service>("kube-system", "kube-dns")).Metadata.Labels.ShouldBe(
            new Dictionary<string, string> { ["k8s-app"] = "kube-dns", ["service.kubernetes.io/service-proxy-name"] = "orleansorchestrator-node-dns", ["mine"] = "yes" }, ignoreOrder: true);

        await Api.PatchAsync<V1Service>("kube-system", "kube-dns", PatchType.MergePatch, """{"spec":{"selector":{"k8s-app":"kube-dns"}}}""");

        // A manifest that is applied leaves labels that it does not name.
        await UntilAsync(async () => !(await Api.GetAsync<V1Service>("kube-system", "kube-dns")).Metadata.Labels.ContainsKey("service.kubernetes.io/service-proxy-name"));
        await Api.DeleteAsync<V1PriorityClass>("", "system-node-critical");
        await UntilAsync(() => HasAsync<V1PriorityClass>("", "system-node-critical"));
        (await Api.GetAsync<V1Service>("kube-system", "kube-dns")).Metadata.Labels.ShouldBe(new Dictionary<string, string> { ["k8s-app"] = "kube-dns", ["mine"] = "yes" }, ignoreOrder: true);
    }

    [Fact]
    public async Task DnsService_WhoseAddressAnotherServiceHas_GetsAnotherOne()
    {
        await UntilAsync(() => HasAsync<V1Service>("kube-system", "kube-dns"));
        await UntilAsync(async () =>
        {
            try
            {
                await Api.DeleteAsync<V1Service>("kube-system", "kube-dns");
                await Api.CreateAsync(new V1Service
                {
                    Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = "other" },
                    Spec = new V1ServiceSpec { ClusterIP = "10.96.0.10", Ports = [new V1ServicePort { Port = 80 }] },
                });
                return true;
            }
            catch (ApiException)
            {
                // The cluster was quicker.
                return false;
            }
        });

        await UntilAsync(async () => await Api.FindAsync<V1Service>("kube-system", "kube-dns") is { Spec.ClusterIP: not (null or "" or "10.96.0.10") });
    }

    [Fact]
    public async Task ServiceCIDR_OfTheCluster_IsThereReadyAndHeld()
    {
        await UntilAsync(async () => (await Api.FindAsync<V1ServiceCIDR>("", "kubernetes"))?.Status?.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) is true);

        var range = await Api.GetAsync<V1ServiceCIDR>("", "kubernetes");
        range.Spec.Cidrs.ShouldBe(["10.96.0.0/16"]);
        range.Metadata.Finalizers.ShouldBe(["networking.k8s.io/service-cidr-finalizer"]);
    }

    [Fact]
    public async Task APIServices_OfBuiltInGroups_AreThereAndComeBack()
    {
        await UntilAsync(() => HasAsync<V1APIService>("", "v1.apps"));
        await Api.DeleteAsync<V1APIService>("", "v1.apps");
        await Api.PatchAsync<V1APIService>("", "v1.batch", PatchType.MergePatch,
            """{"metadata":{"labels":{"mine":"yes","kube-aggregator.kubernetes.io/automanaged":null}},"spec":{"service":{"namespace":"a","name":"b"},"insecureSkipTLSVerify":true}}""");

        await UntilAsync(async () => await Api.FindAsync<V1APIService>("", "v1.apps") is { Spec.GroupPriorityMinimum: 17800, Status.Conditions: [{ Type: "Available", Status: "True", Reason: "Local" }] });
        await UntilAsync(async () => await Api.GetAsync<V1APIService>("", "v1.batch") is { Spec: { Service: null, InsecureSkipTLSVerify: not true }, Status.Conditions: [{ Status: "True", Reason: "Local" }] });
        (await Api.GetAsync<V1APIService>("", "v1.batch")).Metadata.Labels.ShouldBe(
            new Dictionary<string, string> { ["kube-aggregator.kubernetes.io/automanaged"] = "onstart", ["mine"] = "yes" }, ignoreOrder: true);
        (await Api.GetAsync<V1APIService>("", "v1.")).Spec.Group.ShouldBeNull();
        (await HasAsync<V1APIService>("", "v1.apiregistration.k8s.io")).ShouldBeFalse();
    }

    [Fact]
    public async Task APIService_OfMetrics_MayBeGivenToAService_AndComesBackAsLocal()
    {
        await UntilAsync(() => HasAsync<V1APIService>("", "v1beta1.metrics.k8s.io"));
        await Api.PatchAsync<V1APIService>("", "v1beta1.metrics.k8s.io", PatchType.MergePatch, """{"spec":{"service":{"namespace":"a","name":"b"},"insecureSkipTLSVerify":true}}""");
        await UntilAsync(async () => await Api.GetAsync<V1APIService>("", "v1beta1.metrics.k8s.io") is { Spec.Service: not null, Status.Conditions: [{ Status: "False", Reason: "ServiceNotFound", Message: "service/b in \"a\" is not present" }] });

        await Api.DeleteAsync<V1APIService>("", "v1beta1.metrics.k8s.io");

        await UntilAsync(async () => await Api.FindAsync<V1APIService>("", "v1beta1.metrics.k8s.io") is { Spec.Service: null });
    }

    [Fact]
    public async Task WhatOtherApiServersTrust_Damaged_IsSetRight()
    {
        await UntilAsync(() => HasAsync<V1ConfigMap>("kube-system", "extension-apiserver-authentication"));
        await Api.PatchAsync<V1ConfigMap>("kube-system", "extension-apiserver-authentication", PatchType.MergePatch,
            """{"data":{"mine":"yes","client-ca-file":"x","requestheader-allowed-names":null}}""");

        await UntilAsync(async () => (await Api.GetAsync<V1ConfigMap>("kube-system", "extension-apiserver-authentication")).Data["client-ca-file"] == "a certificate");

        (await Api.GetAsync<V1ConfigMap>("kube-system", "extension-apiserver-authentication")).Data.ShouldBe(
            new Dictionary<string, string>
            {
                ["client-ca-file"] = "a certificate",
                ["requestheader-client-ca-file"] = "another",
                ["requestheader-allowed-names"] = """["front-proxy-client"]""",
                ["requestheader-username-headers"] = """["X-Remote-User"]""",
                ["requestheader-group-headers"] = """["X-Remote-Group"]""",
                ["requestheader-extra-headers-prefix"] = """["X-Remote-Extra-"]""",
                ["mine"] = "yes",
            },
            ignoreOrder: true);
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
