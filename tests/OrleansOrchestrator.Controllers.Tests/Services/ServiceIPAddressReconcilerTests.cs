using OrleansOrchestrator.Controllers.Services;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Services;

public sealed class ServiceIPAddressReconcilerTests
{
    private static readonly ObjectKey Web = new(Samples.Namespace, "web");
    private static readonly ServiceIPAddressReconciler Reconciler = new();

    [Fact]
    public void Reconcile_ServiceWithAnAddress_HasAnIPAddressThatNamesIt()
    {
        var cluster = new ClusterModel();
        cluster.Add(Service("10.96.0.010"));

        cluster.Settle(Reconciler, Web).ShouldBe(1);

        var address = cluster.All<V1IPAddress>().ShouldHaveSingleItem();
        address.Metadata.Name.ShouldBe("10.96.0.10");
        address.Metadata.Labels.ShouldBe(
            new Dictionary<string, string> { ["ipaddress.kubernetes.io/ip-family"] = "IPv4", ["ipaddress.kubernetes.io/managed-by"] = "ipallocator.k8s.io" },
            ignoreOrder: true);
        var parent = address.Spec.ParentRef;
        (parent.Group, parent.Resource, parent.NamespaceProperty, parent.Name).ShouldBe(("", "services", Samples.Namespace, "web"));
    }

    [Fact]
    public void Reconcile_ServiceGone_TakesItsAddressesAlong()
    {
        var cluster = new ClusterModel();
        var service = cluster.Add(Service("10.96.0.10"));
        cluster.Settle(Reconciler, Web);
        cluster.Add(new V1IPAddress
        {
            Metadata = new V1ObjectMeta { Name = "10.96.0.99" },
            Spec = new V1IPAddressSpec { ParentRef = new V1ParentReference { Group = "", Resource = "services", NamespaceProperty = Samples.Namespace, Name = "web" } },
        });

        cluster.Remove(service);
        cluster.Settle(Reconciler, Web);

        cluster.All<V1IPAddress>().ShouldHaveSingleItem("what a user made stays").Metadata.Name.ShouldBe("10.96.0.99");
    }

    [Theory]
    [InlineData("None")]
    [InlineData(null)]
    public void Reconcile_ServiceWithoutAnAddress_HasNone(string? address)
    {
        var cluster = new ClusterModel();
        cluster.Add(Service(address));

        cluster.Settle(Reconciler, Web).ShouldBe(0);
    }

    private static V1Service Service(string? address)
    {
        var service = Samples.Service("web", Samples.Port(80));
        service.Spec.ClusterIP = address;
        service.Spec.ClusterIPs = address is null ? null : [address];
        return service;
    }
}
