using OrleansOrchestrator.Controllers.Endpoints;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Endpoints;

public sealed class EndpointSliceMirroringReconcilerTests
{
    private static readonly ObjectKey Web = new(Samples.Namespace, "web");
    private static readonly EndpointSliceMirroringReconciler Reconciler = new();

    [Fact]
    public void Reconcile_EndpointsWithoutAService_AreMirroredOnceThereIsOne()
    {
        var cluster = new ClusterModel();
        cluster.Add(Endpoints(["10.0.0.1"], []));
        cluster.Settle(Reconciler, Web);
        cluster.All<V1EndpointSlice>().ShouldBeEmpty();

        var service = cluster.Add(Unselective());
        cluster.Settle(Reconciler, Web);
        var slice = cluster.All<V1EndpointSlice>().ShouldHaveSingleItem();
        slice.Metadata.OwnerReferences.ShouldHaveSingleItem().Kind.ShouldBe("Endpoints");
        slice.Metadata.Labels.ShouldBe(
            new Dictionary<string, string>
            {
                ["tier"] = "back",
                ["kubernetes.io/service-name"] = "web",
                ["endpointslice.kubernetes.io/managed-by"] = "endpointslicemirroring-controller.k8s.io",
            },
            ignoreOrder: true);

        cluster.Remove(service);
        cluster.Settle(Reconciler, Web);
        cluster.All<V1EndpointSlice>().ShouldBeEmpty();
    }

    [Fact]
    public void Reconcile_AddressesOfBothFamilies_AreInSlicesOfTheirOwn()
    {
        var cluster = new ClusterModel();
        cluster.Add(Unselective());
        cluster.Add(Endpoints(["10.0.0.1", "fd00::1"], ["10.0.0.2"]));

        cluster.Settle(Reconciler, Web);

        cluster.All<V1EndpointSlice>().OrderBy(slice => slice.AddressType)
            .Select(slice => (slice.AddressType, string.Join(' ', slice.Endpoints.Select(one => $"{one.Addresses[0]}={one.Conditions.Ready}"))))
            .ShouldBe([("IPv4", "10.0.0.1=True 10.0.0.2=False"), ("IPv6", "fd00::1=True")]);
    }

    [Fact]
    public void Reconcile_MoreAddressesThanASliceHolds_MakesSeveralAndDropsThemAgain()
    {
        var cluster = new ClusterModel();
        cluster.Add(Unselective());
        var endpoints = cluster.Add(Endpoints(Enumerable.Range(0, 1500).Select(i => $"10.0.{i / 250}.{(i % 250) + 1}"), []));
        cluster.Settle(Reconciler, Web);
        cluster.All<V1EndpointSlice>().Select(slice => slice.Endpoints.Count).Order().ShouldBe([500, 1000]);

        endpoints.Subsets = null;
        cluster.Settle(Reconciler, Web);
        cluster.All<V1EndpointSlice>().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("selector")]
    [InlineData("skip")]
    [InlineData("leader")]
    public void Reconcile_EndpointsThatAreNotToBeMirrored_AreNot(string why)
    {
        var cluster = new ClusterModel();
        var service = cluster.Add(Unselective());
        var endpoints = cluster.Add(Endpoints(["10.0.0.1"], []));
        if (why == "selector")
            service.Spec.Selector = Samples.Labels("web");
        else if (why == "skip")
            endpoints.Metadata.Labels["endpointslice.kubernetes.io/skip-mirror"] = "true";
        else
            endpoints.Metadata.Annotations = new Dictionary<string, string> { ["control-plane.alpha.kubernetes.io/leader"] = "me" };

        cluster.Settle(Reconciler, Web).ShouldBe(0);
    }

    [Fact]
    public void Reconcile_SliceOfSomebodyElse_IsLeftAlone()
    {
        var cluster = new ClusterModel();
        cluster.Add(Unselective());
        cluster.Add(Endpoints([], []));
        cluster.Add(new V1EndpointSlice
        {
            Metadata = new V1ObjectMeta { Name = "theirs", NamespaceProperty = Samples.Namespace },
            AddressType = "IPv4",
        });

        cluster.Settle(Reconciler, Web).ShouldBe(0);
    }

    [Fact]
    public void Reconcile_ManySetsOfPorts_AreSharedOutOverPlansOfABoundedSize()
    {
        const int Sets = 2000;
        var cluster = new ClusterModel();
        cluster.Add(Unselective());
        var endpoints = cluster.Add(Endpoints(["10.0.0.1"], []));
        endpoints.Subsets =
        [
            .. Enumerable.Range(1, Sets).Select(port => new V1EndpointSubset
            {
                Addresses = [new V1EndpointAddress { Ip = "10.0.0.1" }], Ports = [new Corev1EndpointPort { Port = port, Protocol = "TCP" }],
            }),
        ];

        cluster.Step(Reconciler, Web).Actions.Count.ShouldBe(EndpointSlicePlanner.BurstMax);
        cluster.Settle(Reconciler, Web).ShouldBe((Sets / EndpointSlicePlanner.BurstMax) - 1);
        cluster.All<V1EndpointSlice>().Select(slice => slice.Ports.Single().Port).Order().ShouldBe(Enumerable.Range(1, Sets).Select(port => (int?)port));

        endpoints.Subsets = null;
        cluster.Settle(Reconciler, Web);
        cluster.All<V1EndpointSlice>().ShouldBeEmpty();
    }

    [Fact]
    public void Reconcile_AnnotationsOfEndpoints_AreMirroredButForThoseOfTheObjectItself()
    {
        var cluster = new ClusterModel();
        cluster.Add(Unselective());
        var endpoints = cluster.Add(Endpoints(["10.0.0.1"], []));
        endpoints.Metadata.Annotations = new Dictionary<string, string>
        {
            ["team"] = "a",
            ["endpoints.kubernetes.io/last-change-trigger-time"] = "now",
            ["kubectl.kubernetes.io/last-applied-configuration"] = "{}",
        };
        cluster.Settle(Reconciler, Web);
        cluster.All<V1EndpointSlice>().Single().Metadata.Annotations.ShouldBe([new KeyValuePair<string, string>("team", "a")]);

        endpoints.Metadata.Annotations["team"] = "b";
        cluster.Settle(Reconciler, Web);
        cluster.All<V1EndpointSlice>().Single().Metadata.Annotations["team"].ShouldBe("b");

        endpoints.Metadata.Annotations.Clear();
        cluster.Settle(Reconciler, Web);
        cluster.All<V1EndpointSlice>().Single().Metadata.Annotations.ShouldBeNull();
    }

    private static V1Service Unselective()
    {
        var service = Samples.Service("web", Samples.Port(80));
        service.Spec.Selector = null;
        return service;
    }

    private static V1Endpoints Endpoints(IEnumerable<string> ready, IEnumerable<string> unready)
    {
        var subset = new V1EndpointSubset
        {
            Addresses = [.. ready.Select(ip => new V1EndpointAddress { Ip = ip })],
            NotReadyAddresses = [.. unready.Select(ip => new V1EndpointAddress { Ip = ip })],
            Ports = [new Corev1EndpointPort { Port = 8080, Protocol = "TCP" }],
        };
        return new V1Endpoints
        {
            ApiVersion = "v1",
            Kind = "Endpoints",
            Metadata = new V1ObjectMeta { Name = "web", NamespaceProperty = Samples.Namespace, Labels = new Dictionary<string, string> { ["tier"] = "back" } },
            Subsets = subset.Addresses.Count + subset.NotReadyAddresses.Count > 0 ? [subset] : null,
        };
    }
}
