using k8s.Models;
using OrleansOrchestrator.Gateway.Ingress;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Tests.Ingress;

/// <summary>The endpoints of a port of a service, and the choice among them.</summary>
public sealed class BackendTests
{
    private static readonly BackendKey Key = new(new ObjectKey("shop", "web"), "", 80);

    [Fact]
    public void Endpoints_OfTheNamedPort_AreThoseThatAreReady()
    {
        var target = Of(Slice(8080, Pod("a"), Pod("b", ready: false), Pod("c", ready: null)), Slice(9090, "metrics", Pod("d")));

        Names(target).ShouldBe(["a", "c"]);
        target.Endpoints.ShouldAllBe(endpoint => endpoint.Address.Port == 8080 && endpoint.Address.Namespace == "shop" && endpoint.Address.Node == "n1");
    }

    [Fact]
    public void Endpoints_IfNoneIsReady_AreThoseThatEndAndServe()
    {
        Names(Of(Slice(8080, Pod("a", ready: false), Ending("b", serving: true), Ending("c", serving: false)))).ShouldBe(["b"]);
        Names(Of(Slice(8080, Pod("a"), Ending("b", serving: true)))).ShouldBe(["a"]);
    }

    [Fact]
    public void Endpoints_OfTwoFamilies_AreOneForEachPod()
    {
        var other = Slice(8080, Pod("a"));
        other.AddressType = "IPv6";
        other.Endpoints[0].Addresses = ["fd00::1"];

        Of(Slice(8080, Pod("a")), other).Endpoints.Single().Address.Address.ToString().ShouldBe("10.1.2.3");
    }

    [Fact]
    public void Endpoints_WithoutAPod_AreAddresses()
    {
        var slice = Slice(8080, new V1Endpoint { Addresses = ["192.0.2.1"] }, new V1Endpoint { Addresses = ["nonsense"] }, new V1Endpoint { Addresses = [] });

        var address = Of(slice).Endpoints.Single().Address;
        (address.Pod, address.OriginOf(BackendProtocol.Http), address.OriginOf(BackendProtocol.Https)).ShouldBe((null, "http://192.0.2.1:8080/", "https://192.0.2.1:8080/"));
    }

    /// <summary>Connections are shared by origin, and whoever may write slices may write any uid.</summary>
    [Fact]
    public void Origin_OfAnotherPod_Differs_WhateverItsUid()
    {
        var other = Slice(8080, Pod("a"));
        other.Metadata.NamespaceProperty = "evil";
        var addressed = Slice(8080, Pod("a"));
        addressed.Endpoints[0].TargetRef.Uid = "192.0.2.1";
        var named = Slice(8080, Pod("b"));
        named.Endpoints[0].TargetRef.Uid = "uid-a";

        var origins = new[] { Slice(8080, Pod("a")), other, addressed, named, Slice(8080, new V1Endpoint { Addresses = ["192.0.2.1"] }) }
            .Select(slice => Of(slice).Endpoints.Single().Address.OriginOf(BackendProtocol.Http)).ToList();

        origins.ShouldBeUnique();
        origins.ShouldAllBe(origin => Uri.IsWellFormedUriString(origin, UriKind.Absolute));
        Of(Slice(8080, Pod("a"))).Endpoints.Single().Address.OriginOf(BackendProtocol.Http).ShouldBe(origins[0]);
    }

    [Fact]
    public void Endpoints_OfPodsWithImpossibleNames_AreNone() => Of(Slice(8080, Pod(".."), Pod("a/b"))).Endpoints.ShouldBeEmpty();

    [Fact]
    public void Port_ThatUdpHasToo_IsThatOfTcp()
    {
        var service = Service();
        service.Spec.Ports = [new V1ServicePort { Name = "http3", Port = 80, Protocol = "UDP" }, new V1ServicePort { Name = "http", Port = 80, Protocol = "TCP" }];

        Names(BackendTarget.Of(Key, service, [Slice(8080, "http", Pod("a"))], BackendTarget.None)).ShouldBe(["a"]);
    }

    [Fact]
    public void Endpoints_ThatStay_KeepWhatIsKnownOfThem()
    {
        var before = Of(Slice(8080, Pod("a"), Pod("b")));
        before.Endpoints[1].Begin();

        var after = BackendTarget.Of(Key, Service(), [Slice(8080, Pod("b"), Pod("c"))], before);

        after.Endpoints[0].ShouldBeSameAs(before.Endpoints[1]);
        after.Endpoints[0].InFlight.ShouldBe(1);
        Names(after).ShouldBe(["b", "c"]);
    }

    [Fact]
    public void Service_ThatIsMissingOrHasNoSuchPort_HasNoEndpoints()
    {
        BackendTarget.Of(Key, null, [Slice(8080, Pod("a"))], BackendTarget.None).Endpoints.ShouldBeEmpty();
        BackendTarget.Of(Key with { PortNumber = 81 }, Service(), [Slice(8080, Pod("a"))], BackendTarget.None).Endpoints.ShouldBeEmpty();
        BackendTarget.Of(Key with { PortName = "none" }, Service(), [Slice(8080, Pod("a"))], BackendTarget.None).Endpoints.ShouldBeEmpty();
        Names(BackendTarget.Of(Key with { PortName = "metrics", PortNumber = 0 }, Service(), [Slice(9090, "metrics", Pod("a"))], BackendTarget.None)).ShouldBe(["a"]);
    }

    [Theory]
    [InlineData(null, (int)BackendProtocol.Http)]
    [InlineData("http", (int)BackendProtocol.Http)]
    [InlineData("kubernetes.io/h2c", (int)BackendProtocol.Http2)]
    [InlineData("https", (int)BackendProtocol.Https)]
    public void Protocol_IsThatOfThePort(string? application, int protocol)
    {
        var service = Service();
        service.Spec.Ports[0].AppProtocol = application;

        ((int)BackendTarget.Of(Key, service, [Slice(8080, Pod("a"))], BackendTarget.None).Protocol).ShouldBe(protocol);
    }

    [Fact]
    public void Choice_AvoidsBusyAndUnreachableEndpoints()
    {
        var backend = new Backend(Key) { Target = Of(Slice(8080, Pod("a"), Pod("b"))) };
        var (a, b) = (backend.Target.Endpoints[0], backend.Target.Endpoints[1]);

        a.Begin();
        Choices(backend, 100).ShouldBe([b]);
        a.End();
        Choices(backend, 100).Count.ShouldBe(2);
        a.SetUnreachable(until: 200);
        Choices(backend, 100).ShouldBe([b]);
        Choices(backend, 200).Count.ShouldBe(2);
        backend.Choose([b], 100).ShouldBe(a);
        backend.Choose([a, b], 100).ShouldBeNull();
        new Backend(Key).Choose([], 0).ShouldBeNull();
    }

    private static HashSet<BackendEndpoint> Choices(Backend backend, long now) => [.. Enumerable.Range(0, 200).Select(_ => backend.Choose([], now)!)];

    private static IEnumerable<string?> Names(BackendTarget target) => target.Endpoints.Select(endpoint => endpoint.Address.Pod);

    private static BackendTarget Of(params V1EndpointSlice[] slices) => BackendTarget.Of(Key, Service(), slices, BackendTarget.None);

    private static V1Service Service() => new()
    {
        Metadata = new V1ObjectMeta { Name = "web", NamespaceProperty = "shop" },
        Spec = new V1ServiceSpec { Ports = [new V1ServicePort { Port = 80 }, new V1ServicePort { Name = "metrics", Port = 90 }] },
    };

    private static V1EndpointSlice Slice(int port, params V1Endpoint[] endpoints) => Slice(port, "", endpoints);

    private static V1EndpointSlice Slice(int port, string name, params V1Endpoint[] endpoints) => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = "shop" },
        AddressType = "IPv4",
        Endpoints = endpoints,
        Ports = [new Discoveryv1EndpointPort { Name = name, Port = port, Protocol = "TCP" }],
    };

    private static V1Endpoint Pod(string name, bool? ready = true) => new()
    {
        Addresses = ["10.1.2.3"],
        NodeName = "n1",
        TargetRef = new V1ObjectReference { Kind = "Pod", Name = name, Uid = "uid-" + name },
        Conditions = new V1EndpointConditions { Ready = ready },
    };

    private static V1Endpoint Ending(string name, bool serving)
    {
        var endpoint = Pod(name, ready: false);
        endpoint.Conditions.Terminating = true;
        endpoint.Conditions.Serving = serving;
        return endpoint;
    }
}
