using System.Net;
using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Node.Proxy;
using OrleansOrchestrator.Node.Tests.Fakes;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>Where connections to a service go, by its slices.</summary>
public sealed class RouteTableTests
{
    private static readonly V1Service Web = ProxyFixture.Service("web", "127.96.1.1", new V1ServicePort { Name = "http", Port = 80, NodePort = 30080, Protocol = "TCP" });

    [Fact]
    public void Service_WithNodePort_ListensOnBothAndMatchesPortsByNameAndProtocol()
    {
        var slice = Slice("a", [Ready("10.0.0.1"), Endpoint("10.0.0.2", ready: false)], [Port("http", 8080), Port("http", 8081, "UDP"), Port("other", 9)]);

        var routes = RoutesOf(Web, slice);

        routes.Select(route => route.Key.ToString()).ShouldBe(["127.96.1.1:80/TCP", "0.0.0.0:30080/TCP"]);
        routes.ShouldAllBe(route => route.Value.Endpoints.Single().ToString() == "10.0.0.1:8080");
    }

    [Theory]
    [InlineData("010.0.0.1", "10.0.0.1:8080")]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1:8080")]
    [InlineData("1", null)]
    [InlineData("0x0a000001", null)]
    [InlineData("10.1", null)]
    public void Addresses_OfOtherBases_AreReadAsKubernetesReadsThem(string address, string? endpoint)
    {
        var service = ProxyFixture.Service("web", address, new V1ServicePort { Port = 80, Protocol = "TCP" });

        var routes = RoutesOf(service, Slice("a", [Ready(address)], [Port("", 8080)]));

        routes.SelectMany(route => route.Value.Endpoints).Select(one => one.ToString()).ShouldBe(endpoint is null ? [] : [endpoint]);
        routes.Count.ShouldBe(endpoint is null ? 0 : 1);
    }

    [Fact]
    public void Slices_OfBothFamilies_OnlyTheServicesOwnCounts() => EndpointsOf(
        Web,
        Slice("a", [Ready("10.0.0.1")], [Port("http", 8080)]),
        Slice("b", [Ready("fd00::1")], [Port("http", 8080)], type: "IPv6"),
        Slice("c", [Ready("web.example.com")], [Port("http", 8080)], type: "FQDN")).ShouldBe(["10.0.0.1:8080"]);

    [Fact]
    public void Endpoints_WhoseStateIsNotSaid_AreReady() =>
        EndpointsOf(Web, Slice("a", [new V1Endpoint { Addresses = ["10.0.0.1"] }], [Port("http", 8080)])).ShouldBe(["10.0.0.1:8080"]);

    [Fact]
    public void Endpoints_ThatEnd_AreUsedOnlyWhereNothingIsReady()
    {
        var ending = Endpoint("10.0.0.1", ready: false, serving: true, terminating: true);
        var ended = Endpoint("10.0.0.2", ready: false, serving: false, terminating: true);
        var starting = Endpoint("10.0.0.3", ready: false, serving: false, terminating: false);

        EndpointsOf(Web, Slice("a", [ending, ended, starting], [Port("http", 8080)])).ShouldBe(["10.0.0.1:8080"]);
        EndpointsOf(Web, Slice("a", [ending, ended, starting], [Port("http", 8080)]), Slice("b", [Ready("10.0.0.4")], [Port("http", 8080)]))
            .ShouldBe(["10.0.0.4:8080"]);
    }

    [Fact]
    public void Endpoint_InTwoSlices_IsUsedOnceAndIsReadyIfAnySaysSo()
    {
        var ending = Endpoint("10.0.0.1", ready: false, serving: true, terminating: true);

        EndpointsOf(Web, Slice("a", [ending], [Port("http", 8080)]), Slice("b", [Ready("10.0.0.1"), Ready("10.0.0.2")], [Port("http", 8080)]))
            .ShouldBe(["10.0.0.1:8080", "10.0.0.2:8080"]);
    }

    [Fact]
    public void Service_WithExternalAddresses_IsServedThere()
    {
        var service = ProxyFixture.Service("web", "10.96.0.1", new V1ServicePort { Name = "http", Port = 80, NodePort = 30080 });
        (service.Spec.Type, service.Spec.ExternalIPs, service.Spec.LoadBalancerSourceRanges) = ("LoadBalancer", ["192.0.2.1"], [" 10.0.0.0/8"]);
        service.Status = new V1ServiceStatus
        {
            LoadBalancer = new V1LoadBalancerStatus
            {
                Ingress = [new V1LoadBalancerIngress { Ip = "192.0.2.2" }, new V1LoadBalancerIngress { Ip = "192.0.2.3", IpMode = "Proxy" }, new V1LoadBalancerIngress { Hostname = "web" }],
            },
        };

        var routes = RoutesOf(service, Slice("a", [Ready("10.0.0.1")], [Port("http", 8080)]));

        routes.Select(route => $"{route.Key} {route.Value.Scope} {route.Value.Sources?.Single()}".Trim()).ShouldBe([
            "10.96.0.1:80/TCP Cluster", "192.0.2.1:80/TCP External", "192.0.2.2:80/TCP External 10.0.0.0/8", "0.0.0.0:30080/TCP NodePort",
        ]);
    }

    [Fact]
    public void Service_WhoseTrafficStaysOnTheNode_HasTheEndpointsHere()
    {
        var service = ProxyFixture.Service("web", "10.96.0.1", new V1ServicePort { Name = "http", Port = 80, NodePort = 30080 });
        (service.Spec.InternalTrafficPolicy, service.Spec.ExternalTrafficPolicy) = ("Local", "Local");
        var ending = Endpoint("10.0.0.1", ready: false, serving: true, terminating: true);
        ending.NodeName = "node";
        var elsewhere = Ready("10.0.0.2");
        elsewhere.NodeName = "other";
        var slice = Slice("a", [ending, elsewhere], [Port("http", 8080)]);

        var routes = RoutesOnNode(service, "", slice);
        routes[0].Value.Endpoints.Single().ToString().ShouldBe("10.0.0.1:8080", "it serves still, and nobody else is here");
        (routes[1].Value.Endpoints.Single().ToString(), routes[1].Value.OutsideEndpoints!.Single().ToString()).ShouldBe(("10.0.0.2:8080", "10.0.0.1:8080"));
        routes[1].Value.CallersHere.Single().ToString().ShouldBe("10.0.0.1");

        slice.Endpoints.RemoveAt(0);
        RoutesOnNode(service, "", slice)[0].Value.IsServedElsewhere.ShouldBeTrue();
        RoutesOnNode(service, "").ShouldAllBe(route => !route.Value.IsServedElsewhere);
    }

    [Fact]
    public void Endpoints_OfAllNodesOfTheMachine_AreHere()
    {
        var (first, second, elsewhere) = (Ready("10.0.0.1"), Ready("10.0.0.2"), Ready("10.0.0.3"));
        (first.NodeName, second.NodeName, elsewhere.NodeName) = ("node-1", "node-2", "other");

        ProxiedSlice.Of(Slice("a", [first, second, elsewhere], [Port("http", 8080)]), ["node-1", "node-2"]).Endpoints.Select(one => one.Place)
            .ShouldBe([EndpointPlace.Here, EndpointPlace.Here, EndpointPlace.Elsewhere]);
    }

    [Theory]
    [InlineData("a", null, "1,2", "the zone's endpoints")]
    [InlineData("a", "node", "2", "the endpoint for this node")]
    [InlineData("b", "other", "3", "the zone's, because none is for this node")]
    [InlineData("c", null, "1,2,3", "the zone has none")]
    [InlineData("", null, "1,2,3", "the node has no zone")]
    public void Hints_OfAllEndpoints_LeadToTheNearOnes(string zone, string? secondIsFor, string hosts, string why)
    {
        string? Node(string name) => secondIsFor is null ? null : name;
        var slice = Slice(
            "a", [Hinted("10.0.0.1", "a", Node("x")), Hinted("10.0.0.2", "a", secondIsFor), Hinted("10.0.0.3", "b", Node("y"))], [Port("http", 8080)]);

        RoutesOnNode(Web, zone, slice)[0].Value.Endpoints.Select(one => one.Address.ToString()[^1..]).ShouldBe(hosts.Split(','), why);

        slice.Endpoints[0].Hints = null;
        RoutesOnNode(Web, zone, slice)[0].Value.Endpoints.Count.ShouldBe(3, "one has no hint");
    }

    [Fact]
    public void Health_OfAServiceThatStaysOnItsNodes_CountsReadyEndpointsHere()
    {
        var service = ProxyFixture.Service("web", "10.96.0.1", new V1ServicePort { Name = "http", Port = 80 });
        (service.Spec.Type, service.Spec.ExternalTrafficPolicy, service.Spec.HealthCheckNodePort) = ("LoadBalancer", "Local", 31000);
        var here = Ready("10.0.0.1");
        var ending = Endpoint("10.0.0.2", ready: false, serving: true, terminating: true);
        (here.NodeName, ending.NodeName) = ("node", "node");
        var slices = new[] { Slice("a", [here, ending, Ready("10.0.0.3")], [Port("http", 8080), Port("more", 8081)]) }.Select(slice => ProxiedSlice.Of(slice, ["node"]));

        RouteTable.HealthOf(service, slices).ShouldBe((31000, 1));
        service.Spec.ExternalTrafficPolicy = "Cluster";
        RouteTable.HealthOf(service, slices).ShouldBeNull();
    }

    [Theory]
    [InlineData("service.kubernetes.io/service-proxy-name", "other")]
    [InlineData("service.kubernetes.io/headless", "")]
    public void Service_ThatIsNotForThisProxy_IsLeftAlone(string label, string value)
    {
        var service = ProxyFixture.Service("web", "127.96.1.1", new V1ServicePort { Port = 80 });
        service.Metadata.Labels = new Dictionary<string, string> { [label] = value };

        RoutesOf(service, Slice("a", [Ready("10.0.0.1")], [Port("", 8080)])).ShouldBeEmpty();
        EndpointSliceCatalog.Wanted.Labels!.Split(',').ShouldContain($"!{label}");
    }

    [Fact]
    public void Catalog_SliceThatGoesToAnotherService_LeavesTheFormerOne()
    {
        var catalog = new EndpointSliceCatalog(["node"], null);
        catalog.Upsert(Slice("a", [Ready("10.0.0.1")], [Port("http", 8080)]));
        catalog.Of("default", "web").Keys.ShouldBe(["a"]);

        catalog.Upsert(Slice("a", [Ready("10.0.0.1")], [Port("http", 8080)], service: "other"));
        catalog.Of("default", "web").ShouldBeEmpty();
        catalog.Of("default", "other").Keys.ShouldBe(["a"]);

        catalog.Upsert(Slice("a", [Ready("10.0.0.1")], [Port("http", 8080)], service: null));
        catalog.Of("default", "other").ShouldBeEmpty();
    }

    /// <summary>However slices come, change and go, what the proxy serves is what a look at all slices that are left tells.</summary>
    [Fact]
    public void Routes_AfterAnyEvents_AreThoseOfANaiveReading()
    {
        var endpoint = Gen.Select(Gen.Int[1, 6], Gen.Bool, Gen.Bool, Gen.Bool, (host, ready, serving, terminating) =>
            Endpoint($"10.0.0.{host}", ready, serving, terminating));
        var slice = Gen.Select(
            Gen.Int[0, 4], Gen.Int[0, 4].Select(which => which switch { 0 => null, 1 => "other", _ => "web" }), endpoint.List[0, 5], Gen.Int[1, 2].List[1, 2],
            (number, service, endpoints, ports) => Slice(
                $"s{number}", [.. endpoints], [.. ports.Distinct().Select(port => Port(port == 1 ? "http" : "other", 8000 + port))], service: service));
        var events = Gen.Select(Gen.Int[0, 9], slice, (what, changed) => (what, changed)).List[1, 30];

        events.Sample(steps =>
        {
            var catalog = new EndpointSliceCatalog(["node"], null);
            var present = new Dictionary<string, V1EndpointSlice>();
            foreach (var (what, changed) in steps)
            {
                switch (what)
                {
                    case 0:
                        catalog.Replace([.. present.Values]);
                        break;
                    case 1 or 2:
                        catalog.Delete(changed);
                        present.Remove(changed.Metadata.Name);
                        break;
                    default:
                        catalog.Upsert(changed);
                        present[changed.Metadata.Name] = changed;
                        break;
                }

                RouteTable.Of(Web, catalog.Of("default", "web").Values, [], "", 1).Single().Value.Endpoints.Select(one => one.ToString()).Order(StringComparer.Ordinal)
                    .ShouldBe(Naive(present.Values));
            }
        });
    }

    [Fact]
    public void Slice_WithThousandsOfPorts_CostsThoseOfTheService()
    {
        var slice = ProxiedSlice.Of(Slice("a", [.. Enumerable.Range(0, 1000).Select(i => Ready($"10.0.{i / 250}.{i % 250}"))], [.. Enumerable.Range(0, 20_000).Select(i => Port($"p{i}", 1 + i)), Port("http", 8080)]), ["node"]);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var routes = RouteTable.Of(Web, [slice], [IPAddress.Any], "", 100).ToList();

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(4_000_000);
        routes.ShouldAllBe(route => route.Value.Endpoints.Count == 1000 && route.Value.Endpoints[0].Port == 8080);
    }

    [Fact]
    public void Routes_WithMoreTargetsThanAServiceMayHave_AreCut()
    {
        var most = new ServiceRoute("default/web", [.. Enumerable.Range(1, RouteTable.TargetsMax / 2).Select(port => new IPEndPoint(IPAddress.Loopback, port))], null);
        var asked = 0;
        var routes = Enumerable.Range(1, 5).Select(port =>
        {
            asked++;
            return KeyValuePair.Create(new Listening(IPAddress.Loopback, port, TransportProtocol.Tcp), most);
        });

        RouteTable.Bounded(routes, out var isCut).Select(route => route.Key.Port).ShouldBe([1, 2]);
        (isCut, asked).ShouldBe((true, 3), "the others are not worked out");
        RouteTable.Bounded(routes.Take(2), out isCut).Count.ShouldBe(2);
        isCut.ShouldBeFalse();
    }

    [Fact]
    public void Service_WithExternalAddressesOfTheServiceRange_DoesNotGetThem()
    {
        var service = ProxyFixture.Service("evil", "10.96.0.9", new V1ServicePort { Port = 443 });
        service.Spec.ExternalIPs = ["10.96.0.1", "192.0.2.1"];

        RouteTable.Of(service, [], [], "", 100, IPNetwork.Parse("10.96.0.0/16")).Select(route => route.Key.ToString()).ShouldBe(["10.96.0.9:443/TCP", "192.0.2.1:443/TCP"]);
    }

    /// <summary>Who takes connections to the port <c>http</c> of the service <c>web</c>.</summary>
    private static IEnumerable<string> Naive(IEnumerable<V1EndpointSlice> slices)
    {
        var all = (
            from slice in slices
            where slice.Metadata.Labels?["kubernetes.io/service-name"] == "web"
            from port in slice.Ports
            where port.Name == "http"
            from endpoint in slice.Endpoints
            select (Address: $"{endpoint.Addresses[0]}:{port.Port}", endpoint.Conditions)).ToList();
        var ready = all.Where(one => one.Conditions.Ready is true).ToList();
        var used = ready.Count > 0 ? ready : all.Where(one => one.Conditions is { Serving: true, Terminating: true }).ToList();
        return used.Select(one => one.Address).Distinct().Order(StringComparer.Ordinal);
    }

    private static List<KeyValuePair<Listening, ServiceRoute>> RoutesOf(V1Service service, params V1EndpointSlice[] slices) =>
        [.. RouteTable.Of(service, slices.Select(slice => ProxiedSlice.Of(slice, ["node"])), [IPAddress.Any], "", 100)];

    private static List<KeyValuePair<Listening, ServiceRoute>> RoutesOnNode(V1Service service, string zone, params V1EndpointSlice[] slices) =>
        [.. RouteTable.Of(service, slices.Select(slice => ProxiedSlice.Of(slice, ["node"])), [IPAddress.Any], zone, 100)];

    private static V1Endpoint Hinted(string address, string zone, string? node)
    {
        var endpoint = Ready(address);
        endpoint.Hints = new V1EndpointHints { ForZones = [new V1ForZone { Name = zone }], ForNodes = node is null ? null : [new V1ForNode { Name = node }] };
        return endpoint;
    }

    private static IEnumerable<string> EndpointsOf(V1Service service, params V1EndpointSlice[] slices) =>
        RoutesOf(service, slices)[0].Value.Endpoints.Select(endpoint => endpoint.ToString());

    private static V1EndpointSlice Slice(
        string name, V1Endpoint[] endpoints, Discoveryv1EndpointPort[] ports, string type = "IPv4", string? service = "web") => new()
        {
            Metadata = new V1ObjectMeta
            {
                NamespaceProperty = "default",
                Name = name,
                Labels = service is null ? null : new Dictionary<string, string> { ["kubernetes.io/service-name"] = service },
            },
            AddressType = type,
            Endpoints = [.. endpoints],
            Ports = ports,
        };

    private static V1Endpoint Ready(string address) => Endpoint(address, ready: true, serving: true);

    private static V1Endpoint Endpoint(string address, bool ready, bool serving = false, bool terminating = false) => new()
    {
        Addresses = [address],
        Conditions = new V1EndpointConditions { Ready = ready, Serving = serving, Terminating = terminating },
    };

    private static Discoveryv1EndpointPort Port(string name, int number, string protocol = "TCP") => new() { Name = name, Port = number, Protocol = protocol };
}
