using k8s.Models;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.Kinds.Networking;

namespace OrleansOrchestrator.ControlPlane.Tests.Ingresses;

/// <summary>A cluster whose silos serve ingresses: their class, and the addresses in their status.</summary>
public sealed class IngressTests : IAsyncLifetime
{
    private static readonly ControlPlaneOptions Options = new() { ApiEndpoint = new ApiEndpoint("192.0.2.1", 6443), IngressAddresses = ["192.0.2.1", "in.example.com"] };

    private readonly SqliteFile _file = new();
    private TestSilo _silo = null!;

    private ApiUser Api => _silo.Api;

    public async ValueTask InitializeAsync() => _silo = await _file.StartSiloAsync(Options);

    public async ValueTask DisposeAsync()
    {
        await using (_file)
            await _silo.DisposeAsync();
    }

    [Fact]
    public async Task Ingress_WithoutAClass_GetsTheDefaultClass_AndTheAddressesOfItsGateways()
    {
        await Api.UntilAsync<V1IngressClass>("", all => all is [{ Metadata.Name: IngressClasses.ClassName, IsDefault: true, IsOfGateways: true }]);

        (await Api.CreateAsync(Ingress("web"))).Spec.IngressClassName.ShouldBe(IngressClasses.ClassName);
        await Api.UntilAsync<V1Ingress>("default", all => all is [{ Status.LoadBalancer.Ingress: [{ Ip: "192.0.2.1" }, { Hostname: "in.example.com" }] }]);

        // Those of other silos are told of by their leases.
        await Api.CreateAsync(new V1Lease
        {
            Metadata = new V1ObjectMeta
            {
                NamespaceProperty = "kube-system",
                Name = "apiserver-192.0.2.2-6443",
                Labels = new Dictionary<string, string> { ["apiserver.kubernetes.io/identity"] = "orchestrator" },
                Annotations = IngressGateways.Annotate(["192.0.2.2"]),
            },
            Spec = new V1LeaseSpec { HolderIdentity = "192.0.2.2|6443" },
        });
        await Api.UntilAsync<V1Ingress>("default", all => all is [{ Status.LoadBalancer.Ingress: [{ Ip: "192.0.2.1" }, { Ip: "192.0.2.2" }, { Hostname: "in.example.com" }] }]);
        await Api.DeleteAsync<V1Lease>("kube-system", "apiserver-192.0.2.2-6443");
        await Api.UntilAsync<V1Ingress>("default", all => all is [{ Status.LoadBalancer.Ingress: [{ Ip: "192.0.2.1" }, { Hostname: "in.example.com" }] }]);

        await Api.PatchAsync<V1Ingress>("default", "web", PatchType.MergePatch, """{"spec":{"ingressClassName":"another"}}""");
        await Api.UntilAsync<V1Ingress>("default", all => all is [{ Status.LoadBalancer.Ingress: null or { Count: 0 } }]);
    }

    [Fact]
    public async Task IngressClass_DeletedByItsUser_DoesNotComeBack_AndNoIngressGetsIt()
    {
        await Api.UntilAsync<V1Namespace>("", all => all.Exists(one => one.Metadata.Annotations?.ContainsKey(ClusterBootstrap.IngressClassAnnotation) is true));
        await Api.DeleteAsync<V1IngressClass>("", IngressClasses.ClassName);
        await _silo.DisposeAsync();
        _silo = await _file.StartSiloAsync(Options);

        // The silo is ready when it has all that a cluster needs.
        (await Api.ListAsync<V1IngressClass>("")).ShouldBeEmpty();
        (await Api.CreateAsync(Ingress("web"))).Spec.IngressClassName.ShouldBeNull();
        var annotated = Ingress("old");
        annotated.Metadata.Annotations = new Dictionary<string, string> { [IngressClasses.ClassAnnotation] = "any" };
        await Api.CreateAsync(IngressClasses.ClassOf(isDefault: true));
        (await Api.CreateAsync(annotated)).Spec.IngressClassName.ShouldBeNull();
        (await Api.CreateAsync(Ingress("new"))).Spec.IngressClassName.ShouldBe(IngressClasses.ClassName);
    }

    private static V1Ingress Ingress(string name) => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = name },
        Spec = new V1IngressSpec { DefaultBackend = new V1IngressBackend { Service = new V1IngressServiceBackend { Name = "web", Port = new V1ServiceBackendPort { Number = 80 } } } },
    };
}
