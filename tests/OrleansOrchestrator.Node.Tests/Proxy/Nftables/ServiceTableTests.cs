using System.Globalization;
using System.Net;
using CsCheck;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Node.Proxy;
using OrleansOrchestrator.Node.Proxy.Nftables;

namespace OrleansOrchestrator.Node.Tests.Proxy.Nftables;

/// <summary>What stands in our table for which services, and that changes lead where a whole table would.</summary>
public sealed class ServiceTableTests
{
    private static readonly TableSettings Settings = new("orchestrator-test", [], []);
    private static readonly Listening ClusterIP = At("10.96.0.1", 80);
    private static readonly ServiceRoute Two = Route("10.1.0.1:8080", "10.1.0.2:8080");

    /// <summary>However services come, change and go, the changes make the table that a daemon would make that starts now.</summary>
    [Fact]
    public void Table_AfterAnyChanges_IsThatOfAFreshStart()
    {
        var step = Gen.Select(Gen.Int[0, 3], Routes(), (service, routes) => (Service: new ObjectKey("default", $"s{service}"), Routes: routes));
        step.List[1, 25].Sample(steps =>
        {
            var table = new ServiceTable(Settings);
            var kernel = new NftInterpreter();
            kernel.Apply(Whole(table, adopts: false));
            foreach (var (service, routes) in steps)
            {
                var change = new TableChange();
                var left = new Queue<ObjectKey>(table.Set(service, routes, change));
                while (left.TryDequeue(out var next))
                {
                    var last = steps.Take(steps.FindIndex(one => ReferenceEquals(one.Routes, routes)) + 1).LastOrDefault(one => one.Service == next);
                    foreach (var more in table.Set(next, last.Routes ?? [], change))
                        left.Enqueue(more);
                }

                var text = Text(change);
                kernel.Apply(text);
                change.IsEmpty.ShouldBe(text.Length == 0);

                var fresh = new NftInterpreter();
                fresh.Apply(Whole(table, adopts: false));
                kernel.All.ShouldBe(fresh.All);
                fresh.Chains.Keys.ShouldBeSubsetOf(kernel.Chains.Keys);
            }

            // A restart takes over what it finds, and loses no note of the kernel.
            kernel.Note("affinity", "10.9.9.9 . 10.96.0.1 . tcp . 80", "0001:0002");
            var before = kernel.All;
            kernel.Apply(Whole(table, adopts: true));
            kernel.All.ShouldBe(before);
        });
    }

    [Fact]
    public void EndpointThatGoes_OfMany_ChangesAFewElements()
    {
        var all = Enumerable.Range(1, 200).Select(host => $"10.1.0.{host}:8080").ToArray();
        var table = new ServiceTable(Settings);
        table.Set(Web, [new(ClusterIP, Route(all))], new TableChange());

        var change = new TableChange();
        table.Set(Web, [new(ClusterIP, Route([.. all.Where(one => one != "10.1.0.7:8080")]))], change);

        // The chain of 199 in place of 200, the last slot, and the slot of the one that went.
        change.Count.ShouldBe(3);
    }

    [Fact]
    public void Service_Plain_IsElementsAndSharesItsChain()
    {
        var table = Of(new(ClusterIP, Two), new(At("10.96.0.2", 53, TransportProtocol.Udp), Route("10.1.0.3:53", "10.1.0.4:53")));

        table.Elements("services").ShouldBe(["10.96.0.1 . tcp . 80 : goto of-2-strangers", "10.96.0.2 . udp . 53 : goto of-2-strangers"]);
        table.Elements("endpoints").ShouldBe([
            "10.96.0.1 . tcp . 80 . 0000:0001 : 10.1.0.1 . 8080", "10.96.0.1 . tcp . 80 . 0000:0002 : 10.1.0.2 . 8080", "10.96.0.2 . udp . 53 . 0000:0001 : 10.1.0.3 . 53",
            "10.96.0.2 . udp . 53 . 0000:0002 : 10.1.0.4 . 53",
        ]);
        table.Elements("cluster-ips").ShouldBe(["10.96.0.1", "10.96.0.2"]);
        table.Chains["of-2-strangers"].ShouldContain("meta priority set numgen random mod 2 offset 1");
    }

    [Fact]
    public void Service_WithoutEndpoints_IsRefused()
    {
        var table = Of(
            new(ClusterIP, Route()), new(At("0.0.0.0", 30080), Route() with { Scope = RouteScope.NodePort }),
            new(At("192.0.2.1", 80), Route() with { Scope = RouteScope.External }));

        table.Elements("services").ShouldBeEmpty();
        table.Elements("cluster-ips").ShouldBe(["10.96.0.1"]);
        table.Elements("refused").ShouldBe(["0.0.0.0 . tcp . 30080", "192.0.2.1 . tcp . 80"]);
    }

    [Fact]
    public void ClusterIP_WhoseEndpointsAreAllElsewhere_IsDropped() =>
        Of(new KeyValuePair<Listening, ServiceRoute>(ClusterIP, Route() with { IsServedElsewhere = true })).Elements("services").ShouldBe(["10.96.0.1 . tcp . 80 : drop"]);

    [Fact]
    public void NodePort_ThatStaysOnItsNode_HasOtherEndpointsForClientsOutside()
    {
        var local = Two with { Scope = RouteScope.NodePort, OutsideEndpoints = [IPEndPoint.Parse("10.1.0.2:8080")] };

        var table = Of(new KeyValuePair<Listening, ServiceRoute>(At("0.0.0.0", 30080), local));

        table.Elements("services").ShouldBe(["0.0.0.0 . tcp . 30080 : goto of-2-port-host"]);
        table.Elements("outside-services").ShouldBe(["0.0.0.0 . tcp . 30080 : goto of-1-port-outside"]);
        table.Elements("endpoints").ShouldContain("0.0.0.0 . tcp . 30080 . 0010:0000 : 10.1.0.2 . 8080");
        table.Chains["of-1-port-outside"].ShouldNotContain(rule => rule.Contains(TableText.Hex(TableText.MaskedMark), StringComparison.Ordinal), "clients' addresses are kept");
    }

    [Fact]
    public void NodePort_ThatStaysOnItsNode_WithoutEndpointsHere_IsDroppedForClientsOutside() =>
        Of(new KeyValuePair<Listening, ServiceRoute>(At("0.0.0.0", 30080), Two with { Scope = RouteScope.NodePort, OutsideEndpoints = [] }))
            .Elements("outside-services").ShouldBe(["0.0.0.0 . tcp . 30080 : drop"]);

    [Fact]
    public void Affinity_NamesEndpointsByTheirAddress()
    {
        var sticky = Two with { AffinityTimeout = TimeSpan.FromSeconds(60) };
        var table = Of(new KeyValuePair<Listening, ServiceRoute>(ClusterIP, sticky));
        var ids = EndpointId.Of(sticky.Endpoints);

        table.Elements("services").ShouldBe(["10.96.0.1 . tcp . 80 : goto of-2-strangers-sticky-60"]);
        table.Elements("endpoints").ShouldBeEmpty();
        table.Elements("picks").ShouldBe([.. sticky.Endpoints.Select((one, slot) => $"10.96.0.1 . tcp . 80 . {TableText.Priority((uint)slot + 1)} : {ids[one]}")]);
        table.Elements("live").ShouldBe(sticky.Endpoints.Select(one => $"10.96.0.1 . tcp . 80 . {ids[one]} : {one.Address} . 8080").Order(StringComparer.Ordinal));
        EndpointId.Of([IPEndPoint.Parse("10.1.0.2:8080")]).Single().Value.ShouldBe(ids[IPEndPoint.Parse("10.1.0.2:8080")], "others do not matter");
    }

    [Fact]
    public void Sources_OfALoadBalancer_AreListedWithoutOverlaps() =>
        Of(new KeyValuePair<Listening, ServiceRoute>(
            At("192.0.2.1", 80), Two with { Scope = RouteScope.External, Sources = [IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("10.1.0.0/16"), IPNetwork.Parse("172.16.0.0/12")] }))
            .Elements("allowed").ShouldBe(["192.0.2.1 . tcp . 80 . 10.0.0.0/8", "192.0.2.1 . tcp . 80 . 172.16.0.0/12"]);

    [Fact]
    public void AddressOfTwoServices_IsServedForTheNextWhenTheFirstGoes()
    {
        var table = new ServiceTable(Settings);
        var change = new TableChange();
        var at = At("192.0.2.1", 80);
        var other = new ObjectKey("default", "other");
        table.Set(Web, [new(at, Two)], change);
        var late = Route("10.1.0.9:80");
        table.Set(other, [new(at, late)], change).ShouldBeEmpty();
        table.At(at)!.Route.ShouldBe(Two);

        table.Set(Web, [], change).ShouldBe([other]);
        table.Set(other, [new(at, late)], change);

        table.At(at)!.Route.ShouldBe(late);
    }

    [Fact]
    public void Chains_ToWhichNothingLeads_AreForgottenWhenTheyAreMany()
    {
        var table = new ServiceTable(Settings);
        var kernel = new NftInterpreter();
        kernel.Apply(Whole(table, adopts: false));
        for (var seconds = 1; seconds <= 400; seconds++)
        {
            var change = new TableChange();
            table.Set(Web, [new(ClusterIP, Two with { AffinityTimeout = TimeSpan.FromSeconds(seconds) })], change);
            kernel.Apply(Text(change));
            table.Unused().Count.ShouldBe(seconds > 257 ? seconds - 1 : 0);
        }

        using var removal = new StringWriter(CultureInfo.InvariantCulture);
        TableText.WriteRemoval(removal, Settings, table.Unused());
        kernel.Apply(removal.ToString());
        table.Forget(table.Unused());

        kernel.Chains.Keys.Where(chain => chain.StartsWith("of-", StringComparison.Ordinal)).ShouldBe(["of-2-strangers-sticky-400"]);
        table.Unused().ShouldBeEmpty();
        Whole(table, adopts: false).ShouldNotContain("sticky-399");
    }

    [Fact]
    public void Settings_InACluster_KnowItsRanges()
    {
        var settings = Settings.In("10.96.0.0/16", "10.1.0.0/16, fd00::/64");

        settings.ServiceRange.ShouldBe(IPNetwork.Parse("10.96.0.0/16"));
        settings.InsideRanges.ShouldBe([IPNetwork.Parse("10.1.0.0/16")]);
        Declared(settings).ShouldContain("fib saddr type != local ip saddr != { 10.1.0.0/16 } ip daddr", Case.Sensitive, "pods are no clients outside");
        Declared(settings with { PodRanges = [IPNetwork.Parse("10.2.0.0/16")] }).ShouldNotContain("10.1.0.0/16", Case.Sensitive, "the operator knows better");
        Settings.In("10.96.0.0/16", null).InsideRanges.ShouldBeEmpty();
        Settings.In("fd00::/64", "").ServiceRange.ShouldBeNull();

        static string Declared(TableSettings settings)
        {
            using var text = new StringWriter(CultureInfo.InvariantCulture);
            TableText.WriteDeclaration(text, settings);
            return text.ToString();
        }
    }

    [Fact]
    public void Slots_OfWhoStays_StayAndHaveNoGaps() => Gen.Select(Gen.Int[0, 12].HashSet[0, 10], Gen.Int[0, 12].HashSet[0, 10]).Sample((former, wanted) =>
    {
        var before = SlotArrangement.Arrange([], [.. former]);
        var after = SlotArrangement.Arrange(before, [.. wanted]);

        after.Order().ShouldBe(wanted.Order());
        for (var slot = 0; slot < Math.Min(before.Length, after.Length); slot++)
            after[slot].ShouldBe(wanted.Contains(before[slot]) ? before[slot] : after[slot]);
    });

    [Fact]
    public void StaleFlows_AreThoseToEndpointsThatAreGone()
    {
        var table = new ServiceTable(Settings);
        var dns = At("10.96.0.10", 53, TransportProtocol.Udp);
        var port = At("0.0.0.0", 30053, TransportProtocol.Udp);
        var gone = At("10.96.0.11", 53, TransportProtocol.Udp);
        table.Set(Web, [new(dns, Route("10.1.0.1:53")), new(port, Route("10.1.0.1:53") with { Scope = RouteScope.NodePort })], new TableChange());
        UdpFlow[] flows =
        [
            Flow("10.96.0.10:53", "10.1.0.1:53"), Flow("10.96.0.10:53", "10.1.0.2:53"), Flow("10.96.0.10:53", "10.96.0.10:53"), Flow("10.96.0.10:54", "10.1.0.2:53"),
            Flow("198.51.100.1:30053", "10.1.0.2:53"), Flow("198.51.100.9:30053", "198.51.100.9:30053"), Flow("10.96.0.11:53", "10.1.0.7:53"), Flow("10.96.0.12:53", "10.1.0.7:53"),
        ];

        StaleFlows.Find(flows, table, new HashSet<Listening> { gone }, IPAddress.Parse("198.51.100.1").Equals)
            .Select(flow => $"{flow.Called} {flow.Answering}")
            .ShouldBe(["10.96.0.10:53 10.1.0.2:53", "10.96.0.10:53 10.96.0.10:53", "198.51.100.1:30053 10.1.0.2:53", "10.96.0.11:53 10.1.0.7:53"]);
    }

    private static ObjectKey Web { get; } = new("default", "web");

    private static Gen<List<KeyValuePair<Listening, ServiceRoute>>> Routes()
    {
        var endpoints = Gen.Int[1, 6].HashSet[0, 5].Select(hosts => hosts.Select(host => IPEndPoint.Parse($"10.1.0.{host}:8080")).ToList());
        var route = Gen.Select(endpoints, endpoints, Gen.Bool, Gen.Int[0, 3], Gen.Enum<RouteScope>(), (all, local, isLocal, how, scope) => new ServiceRoute("default/web", all, how == 1 ? TimeSpan.FromSeconds(60) : null)
        {
            Scope = scope,
            OutsideEndpoints = isLocal && scope != RouteScope.Cluster ? local : null,
            IsServedElsewhere = how == 2 && scope == RouteScope.Cluster,
            CallersHere = [.. local.Select(one => one.Address)],
            Sources = how == 3 && scope == RouteScope.External ? [IPNetwork.Parse("10.0.0.0/8")] : null,
        });
        var at = Gen.Select(Gen.Int[1, 2], Gen.Int[80, 81], Gen.Enum<TransportProtocol>(), (host, port, protocol) => (host, port, protocol));
        return Gen.Select(at, route, (where, to) => KeyValuePair.Create(
            At(to.Scope switch { RouteScope.NodePort => "0.0.0.0", RouteScope.Cluster => $"10.96.0.{where.host}", _ => $"192.0.2.{where.host}" }, where.port, where.protocol), to)).List[0, 4];
    }

    private static NftInterpreter Of(params KeyValuePair<Listening, ServiceRoute>[] routes)
    {
        var table = new ServiceTable(Settings);
        table.Set(Web, routes, new TableChange());
        var kernel = new NftInterpreter();
        kernel.Apply(Whole(table, adopts: false));
        return kernel;
    }

    private static UdpFlow Flow(string called, string answering) => new(IPEndPoint.Parse(called), IPEndPoint.Parse(answering), default);

    private static Listening At(string address, int port, TransportProtocol protocol = TransportProtocol.Tcp) => new(IPAddress.Parse(address), port, protocol);

    private static ServiceRoute Route(params string[] endpoints) => new("default/web", [.. endpoints.Select(IPEndPoint.Parse)], null);

    private static string Whole(ServiceTable table, bool adopts)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        table.WriteWhole(text, adopts);
        return text.ToString();
    }

    private static string Text(TableChange change)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        change.Write(text, Settings);
        return text.ToString();
    }
}
