using OrleansOrchestrator.Controllers.Endpoints;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Endpoints;

public sealed class EndpointsReconcilerTests
{
    private static readonly ObjectKey Key = new(Samples.Namespace, "web");
    private static readonly EndpointsReconciler Reconciler = new();

    [Fact]
    public void Reconcile_ReadyAndUnreadyPods_ListsThemApart()
    {
        var cluster = new ClusterModel();
        cluster.Add(Samples.Service("web", Samples.Port(80, "8080", "http")));
        cluster.Add(Samples.Pod("b", node: "node-1", ip: "10.0.0.2", ready: true));
        cluster.Add(Samples.Pod("a", node: "node-2", ip: "10.0.0.1", ready: true));
        cluster.Add(Samples.Pod("c", node: "node-2", ip: "10.0.0.3"));

        cluster.Settle(Reconciler, Key).ShouldBe(1);

        var endpoints = cluster.Find<V1Endpoints>(Key).ShouldNotBeNull();
        var subset = endpoints.Subsets.ShouldHaveSingleItem();
        subset.Addresses.Select(address => address.Ip).ShouldBe(["10.0.0.1", "10.0.0.2"]);
        subset.NotReadyAddresses.ShouldHaveSingleItem().Ip.ShouldBe("10.0.0.3");
        var port = subset.Ports.ShouldHaveSingleItem();
        (port.Name, port.Port, port.Protocol).ShouldBe(("http", 8080, "TCP"));
        var first = subset.Addresses[0];
        first.NodeName.ShouldBe("node-2");
        (first.TargetRef.Kind, first.TargetRef.NamespaceProperty, first.TargetRef.Name, first.TargetRef.Uid)
            .ShouldBe(("Pod", Samples.Namespace, "a", cluster.Find<V1Pod>(new(Samples.Namespace, "a"))!.Metadata.Uid));
    }

    [Fact]
    public void Reconcile_PodsThatCannotServe_LeavesThemOut()
    {
        var cluster = new ClusterModel();
        cluster.Add(Samples.Service("web", Samples.Port(80)));
        cluster.Add(Samples.Pod("no-address", ready: true));
        cluster.Add(Samples.Pod("done", ip: "10.0.0.1", ready: true, phase: "Succeeded"));
        cluster.Add(Samples.Pod("failed", ip: "10.0.0.2", phase: "Failed"));
        cluster.Add(Samples.Pod("other", app: "db", ip: "10.0.0.4", ready: true));
        var leaving = Samples.Pod("leaving", ip: "10.0.0.3", ready: true);
        leaving.Metadata.DeletionTimestamp = cluster.Now.UtcDateTime;
        cluster.Add(leaving);

        cluster.Settle(Reconciler, Key);

        (cluster.Find<V1Endpoints>(Key).ShouldNotBeNull().Subsets ?? []).ShouldBeEmpty();
    }

    [Fact]
    public void Reconcile_PublishNotReady_ListsUnreadyAndLeavingPodsAsReady()
    {
        var cluster = new ClusterModel();
        var service = Samples.Service("web", Samples.Port(80));
        service.Spec.PublishNotReadyAddresses = true;
        cluster.Add(service);
        cluster.Add(Samples.Pod("unready", ip: "10.0.0.1"));
        var leaving = Samples.Pod("leaving", ip: "10.0.0.2");
        leaving.Metadata.DeletionTimestamp = cluster.Now.UtcDateTime;
        cluster.Add(leaving);

        cluster.Settle(Reconciler, Key);

        var subset = cluster.Find<V1Endpoints>(Key)!.Subsets.ShouldHaveSingleItem();
        subset.Addresses.Select(address => address.Ip).ShouldBe(["10.0.0.1", "10.0.0.2"]);
        subset.NotReadyAddresses.ShouldBeNull();
    }

    [Fact]
    public void Reconcile_NamedTargetPort_IsFoundByNameAndProtocolInEachPod()
    {
        var cluster = new ClusterModel();
        cluster.Add(Samples.Service("web", Samples.Port(80, "http")));
        cluster.Add(Samples.Pod("a", ip: "10.0.0.1", ready: true));
        var moved = Samples.Pod("b", ip: "10.0.0.2", ready: true);
        moved.Spec.Containers[0].Ports =
        [
            new V1ContainerPort { Name = "http", ContainerPort = 53, Protocol = "UDP" },
            new V1ContainerPort { Name = "http", ContainerPort = 9090 },
        ];
        cluster.Add(moved);
        var portless = Samples.Pod("c", ip: "10.0.0.3", ready: true);
        portless.Spec.Containers[0].Ports = null;
        cluster.Add(portless);

        cluster.Settle(Reconciler, Key);

        cluster.Find<V1Endpoints>(Key)!.Subsets
            .Select(subset => (subset.Ports.ShouldHaveSingleItem().Port, subset.Addresses.ShouldHaveSingleItem().Ip))
            .ShouldBe([(8080, "10.0.0.1"), (9090, "10.0.0.2")]);
    }

    [Fact]
    public void Reconcile_NamedPortOfASidecar_IsFound()
    {
        var cluster = new ClusterModel();
        cluster.Add(Samples.Service("web", Samples.Port(80, "proxy")));
        var pod = Samples.Pod("a", ip: "10.0.0.1", ready: true);
        pod.Spec.InitContainers =
        [
            new V1Container { Name = "setup", Ports = [new V1ContainerPort { Name = "proxy", ContainerPort = 1 }] },
            new V1Container { Name = "mesh", RestartPolicy = "Always", Ports = [new V1ContainerPort { Name = "proxy", ContainerPort = 15001 }] },
        ];
        cluster.Add(pod);

        cluster.Settle(Reconciler, Key);

        cluster.Find<V1Endpoints>(Key)!.Subsets.ShouldHaveSingleItem().Ports.ShouldHaveSingleItem().Port.ShouldBe(15001);
    }

    [Fact]
    public void Reconcile_PortsWithTheSameAddresses_ShareASubset()
    {
        var cluster = new ClusterModel();
        cluster.Add(Samples.Service("web", Samples.Port(443, "8443", "https"), Samples.Port(80, "8080", "http")));
        cluster.Add(Samples.Pod("a", ip: "10.0.0.1", ready: true));
        cluster.Add(Samples.Pod("b", ip: "10.0.0.2"));

        cluster.Settle(Reconciler, Key);

        cluster.Find<V1Endpoints>(Key)!.Subsets.ShouldHaveSingleItem().Ports
            .Select(port => (port.Name, port.Port)).ShouldBe([("http", 8080), ("https", 8443)]);
    }

    [Fact]
    public void Reconcile_HostnameUnderTheServicesSubdomain_IsPublished()
    {
        var cluster = new ClusterModel();
        cluster.Add(Samples.Service("web", Samples.Port(80)));
        var named = Samples.Pod("a", ip: "10.0.0.1", ready: true);
        (named.Spec.Hostname, named.Spec.Subdomain) = ("first", "web");
        cluster.Add(named);
        var elsewhere = Samples.Pod("b", ip: "10.0.0.2", ready: true);
        (elsewhere.Spec.Hostname, elsewhere.Spec.Subdomain) = ("second", "other");
        cluster.Add(elsewhere);

        cluster.Settle(Reconciler, Key);

        cluster.Find<V1Endpoints>(Key)!.Subsets.ShouldHaveSingleItem().Addresses
            .Select(address => address.Hostname).ShouldBe(["first", null]);
    }

    [Fact]
    public void Reconcile_HeadlessWithoutPorts_ListsAddressesAlone()
    {
        var cluster = new ClusterModel();
        var service = Samples.Service();
        service.Spec.ClusterIP = "None";
        cluster.Add(service);
        cluster.Add(Samples.Pod("a", ip: "10.0.0.1", ready: true));

        cluster.Settle(Reconciler, Key);

        var endpoints = cluster.Find<V1Endpoints>(Key)!;
        endpoints.Subsets.ShouldHaveSingleItem().Ports.ShouldBeNull();
        endpoints.Metadata.Labels.ShouldContainKeyAndValue("service.kubernetes.io/headless", "");
        endpoints.Metadata.Labels.ShouldContainKeyAndValue("team", "a");
    }

    [Fact]
    public void Reconcile_DualStackPod_ListsTheAddressOfTheServicesFirstFamily()
    {
        var cluster = new ClusterModel();
        var service = Samples.Service("web", Samples.Port(80));
        service.Spec.IpFamilies = ["IPv6", "IPv4"];
        cluster.Add(service);
        var pod = Samples.Pod("a", ip: "10.0.0.1", ready: true);
        pod.Status.PodIPs = [new V1PodIP { Ip = "10.0.0.1" }, new V1PodIP { Ip = "fd00::1" }];
        cluster.Add(pod);

        cluster.Settle(Reconciler, Key);

        cluster.Find<V1Endpoints>(Key)!.Subsets.ShouldHaveSingleItem().Addresses.ShouldHaveSingleItem().Ip.ShouldBe("fd00::1");
    }

    [Fact]
    public void Reconcile_ChangedLabels_AreCopiedToExistingEndpoints()
    {
        var cluster = new ClusterModel();
        var service = cluster.Add(Samples.Service("web", Samples.Port(80)));
        cluster.Settle(Reconciler, Key);
        cluster.Find<V1Endpoints>(Key)!.Metadata.Labels["team"].ShouldBe("a");

        service.Metadata.Labels = new Dictionary<string, string> { ["team"] = "b" };
        cluster.Settle(Reconciler, Key).ShouldBe(1);

        cluster.Find<V1Endpoints>(Key)!.Metadata.Labels["team"].ShouldBe("b");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Reconcile_ServiceWithoutSelectorOrExternalName_LeavesTheUsersEndpointsAlone(bool isExternal)
    {
        var cluster = new ClusterModel();
        var service = Samples.Service("web", Samples.Port(80));
        if (isExternal)
            service.Spec.Type = "ExternalName";
        else
            service.Spec.Selector = null;
        cluster.Add(service);
        cluster.Add(UsersEndpoints());
        cluster.Add(Samples.Pod("a", ip: "10.0.0.1", ready: true));

        cluster.Step(Reconciler, Key).ShouldBeSameAs(Plan.Nothing);
    }

    [Fact]
    public void Reconcile_ServiceGone_DeletesItsEndpoints()
    {
        var cluster = new ClusterModel();
        var service = cluster.Add(Samples.Service("web", Samples.Port(80)));
        cluster.Settle(Reconciler, Key);

        cluster.Remove(service);
        cluster.Settle(Reconciler, Key).ShouldBe(1);

        cluster.Find<V1Endpoints>(Key).ShouldBeNull();
    }

    [Fact]
    public void Reconcile_UsersEndpointsBeforeTheirService_Stay()
    {
        var cluster = new ClusterModel();
        cluster.Add(UsersEndpoints());

        cluster.Step(Reconciler, Key).ShouldBeSameAs(Plan.Nothing);
    }

    [Fact]
    public void Reconcile_MoreAddressesThanFit_KeepsReadyOnesAndSaysSo()
    {
        var cluster = new ClusterModel();
        cluster.Add(Samples.Service("web", Samples.Port(80)));
        for (var i = 0; i < EndpointsReconciler.AddressesMax + 10; i++)
            cluster.Add(Samples.Pod($"pod-{i:D5}", ip: $"10.0.{i / 256}.{i % 256}", ready: i >= 20));

        cluster.Settle(Reconciler, Key).ShouldBe(1);

        var endpoints = cluster.Find<V1Endpoints>(Key)!;
        var subset = endpoints.Subsets.ShouldHaveSingleItem();
        subset.Addresses.Count.ShouldBe(EndpointsReconciler.AddressesMax - 10);
        subset.NotReadyAddresses.Count.ShouldBe(10);
        endpoints.Metadata.Annotations.ShouldContainKeyAndValue("endpoints.kubernetes.io/over-capacity", "truncated");
    }

    [Fact]
    public void Reconcile_AddressesWithTheLongestNames_AreNoMoreThanAnObjectHolds()
    {
        var cluster = new ClusterModel();
        cluster.Add(Samples.Service("web", Samples.Port(80)));
        var padding = new string('x', 240);
        for (var i = 0; i < 3_000; i++)
            cluster.Add(Samples.Pod($"pod-{i:D5}-{padding}", node: padding, ip: $"10.0.{i / 256}.{i % 256}", ready: i >= 20));

        cluster.Settle(Reconciler, Key).ShouldBe(1);

        var endpoints = cluster.Find<V1Endpoints>(Key)!;
        ObjectCodec.Encode(endpoints).Length.ShouldBeInRange(900_000, 1_100_000);
        endpoints.Subsets.ShouldHaveSingleItem().NotReadyAddresses.ShouldBeNull();
        endpoints.Metadata.Annotations.ShouldContainKeyAndValue("endpoints.kubernetes.io/over-capacity", "truncated");
    }

    [Fact]
    public void Reconcile_PortsThatAloneAreMoreThanAnObjectHolds_AreLeftOut()
    {
        var cluster = new ClusterModel();
        cluster.Add(Samples.Service("web", [.. Enumerable.Range(1, 30_000).Select(port => Samples.Port(port, name: $"port-{port}"))]));
        cluster.Add(Samples.Pod("pod", ip: "10.0.0.1", ready: true));

        cluster.Settle(Reconciler, Key).ShouldBe(1);

        cluster.Find<V1Endpoints>(Key)!.Subsets.ShouldBeNull();
    }

    private static V1Endpoints UsersEndpoints() => new()
    {
        ApiVersion = "v1",
        Kind = "Endpoints",
        Metadata = new V1ObjectMeta { NamespaceProperty = Samples.Namespace, Name = "web" },
        Subsets = [new V1EndpointSubset { Addresses = [new V1EndpointAddress { Ip = "192.0.2.1" }], Ports = [new Corev1EndpointPort { Port = 80 }] }],
    };
}
