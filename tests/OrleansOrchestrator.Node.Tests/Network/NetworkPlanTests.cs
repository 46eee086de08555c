using System.Net;
using CsCheck;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Node.Network;

namespace OrleansOrchestrator.Node.Tests.Network;

public sealed class NetworkPlanTests
{
    private static readonly IReadOnlyList<IPNetwork> Cluster = NetworkNode.ReadRanges(["10.244.0.0/16", "fd00:10:244::/56"]);
    private static readonly NetworkNode Self = Node("a", "192.0.2.1,2001:db8::1", "10.244.1.0/24,fd00:10:244:1::/64");

    private static readonly MachineInterface[] Interfaces =
    [
        new("lo", 65_536, [(IPAddress.Loopback, 8)]),
        new("eth0", 1500, [(IPAddress.Parse("192.0.2.1"), 24), (IPAddress.Parse("2001:db8::1"), 64)]),
        new("docker0", 1500, [(IPAddress.Parse("172.17.0.1"), 16)]),
    ];

    [Fact]
    public void Node_OfTheSameSegment_IsRoutedToDirectly()
    {
        var plan = Plan(Node("b", "192.0.2.2,2001:db8::2", "10.244.2.0/24,fd00:10:244:2::/64"));

        plan.Routes.ShouldBe(
            [new PodRoute(Range("10.244.2.0/24"), IPAddress.Parse("192.0.2.2"), "eth0"), new PodRoute(Range("fd00:10:244:2::/64"), IPAddress.Parse("2001:db8::2"), "eth0")], ignoreOrder: true);
        (plan.Tunnel, plan.Mtu).ShouldBe((null, 1450), "a node of another segment may come, and the packets of pods have their size for good");
    }

    [Fact]
    public void Node_OfAnotherSegment_IsReachedThroughATunnel()
    {
        var plan = Plan(Node("c", "198.51.100.3", "10.244.3.0/24,fd00:10:244:3::/64"));

        plan.Routes.ShouldBe(
            [new PodRoute(Range("10.244.3.0/24"), IPAddress.Parse("10.244.3.0"), "oo-vxlan0"), new PodRoute(Range("fd00:10:244:3::/64"), IPAddress.Parse("fd00:10:244:3::"), "oo-vxlan0")], ignoreOrder: true);
        plan.Peers.ShouldBe([new TunnelPeer(NetworkPlan.LinkOf("c"), IPAddress.Parse("198.51.100.3"))]);
        plan.Neighbours.Select(one => one.Link).Distinct().ShouldBe([NetworkPlan.LinkOf("c")]);
        var end = plan.Tunnel.ShouldNotBeNull();
        (end.Device, end.Local.ToString(), end.Link, end.Mtu).ShouldBe(("eth0", "192.0.2.1", NetworkPlan.LinkOf("a"), 1450));
        end.Addresses.Select(address => address.ToString()).ShouldBe(["10.244.1.0", "fd00:10:244:1::"]);
    }

    [Theory]
    [InlineData("10.244.1.0/24")]
    [InlineData("10.244.0.0/16")]
    [InlineData("0.0.0.0/0")]
    [InlineData("10.0.0.0/8")]
    [InlineData("192.0.2.0/24")]
    [InlineData("10.96.0.0/24")]
    public void Node_WithARangeThatIsNotItsOwn_DrawsNothing(string range) => Plan(Node("evil", "192.0.2.66", range)).Routes.ShouldBeEmpty();

    /// <summary>As the kernel itself would send to it.</summary>
    [Theory]
    [InlineData("10.9.0.7", "wg0")]
    [InlineData("10.9.0.0", "eth1")]
    [InlineData("10.9.0.255", "eth1")]
    [InlineData("10.0.0.0", null)]
    [InlineData("10.255.255.255", null)]
    [InlineData("192.0.2.7", "eth0")]
    [InlineData("192.0.2.255", null)]
    [InlineData("198.51.100.2", null)]
    [InlineData("203.0.113.0", "ppp0")]
    public void Node_InSeveralSegments_IsRoutedToByTheLongestPrefixThatIsUp(string address, string? device)
    {
        MachineInterface[] interfaces =
        [
            new("wlan0", 1500, [(IPAddress.Parse("192.0.2.2"), 25)], IsUp: false), .. Interfaces,
            new("eth1", 1500, [(IPAddress.Parse("10.0.0.4"), 8)]), new("wg0", 1500, [(IPAddress.Parse("10.9.0.1"), 24)]),
            new("ppp0", 1500, [(IPAddress.Parse("203.0.113.1"), 31)]),
        ];

        var plan = NetworkPlan.Make(new NetworkSettings { UsesTunnel = false }, Self, [Node("b", address, "10.244.2.0/24")], Cluster, interfaces);

        plan.Routes.Select(route => route.Device).SingleOrDefault().ShouldBe(device);
    }

    [Fact]
    public void Node_OfThisMachine_NeedsNoRoute()
    {
        Plan(Node("b", "192.0.2.1", "10.244.2.0/24")).Routes.ShouldBeEmpty();
        Plan(Self).Routes.ShouldBeEmpty();
    }

    [Fact]
    public void Plan_WithoutTunnels_UsesAllOfAPacket_AndLeavesOtherSegmentsToTheirRouters()
    {
        var plan = NetworkPlan.Make(new NetworkSettings { UsesTunnel = false }, Self, [Node("c", "198.51.100.3", "10.244.3.0/24")], Cluster, Interfaces);
        (plan.Routes.Count, plan.Tunnel, plan.Mtu).ShouldBe((0, null, 1500));
        NetworkPlan.Make(new NetworkSettings { Mtu = 1400 }, Self, [], Cluster, Interfaces).Mtu.ShouldBe(1400);
    }

    [Fact]
    public void Plan_BeforeTheNodesAreKnown_KeepsTheRoutesThatAreThere()
    {
        NetworkPlan.Make(new NetworkSettings(), Self, null, Cluster, Interfaces).KnowsOthers.ShouldBeFalse();
        NetworkPlan.Make(new NetworkSettings(), Self, [], Cluster, Interfaces).KnowsOthers.ShouldBeTrue();
    }

    [Fact]
    public void Plan_WithoutARangeOfTheCluster_TakesThoseOfTheNodes()
    {
        var plan = NetworkPlan.Make(new NetworkSettings(), Self, [Node("b", "192.0.2.2", "10.1.0.0/24")], [], Interfaces);
        plan.Cluster.Select(range => range.ToString()).Order(StringComparer.Ordinal).ShouldBe(["10.1.0.0/24", "10.244.1.0/24", "fd00:10:244:1::/64"]);
        plan.Routes.Count.ShouldBe(1);
    }

    /// <summary>Each range of another node has exactly one way, whatever the others say and in whatever order they come.</summary>
    [Fact]
    public void Plan_OfAnyNodes_HasOneWayToEachRange_AndDoesNotDependOnTheirOrder() =>
        Gen.Select(Gen.Int[0, 30], Gen.Int[1, 3], Gen.Int[1, 250]).Array[0, 30].Sample(all =>
        {
            var nodes = all.Select((one, i) => Node($"n{i}", one.Item2 switch { 1 => $"192.0.2.{one.Item3}", 2 => $"198.51.100.{one.Item3}", _ => "2001:db8::5" }, $"10.244.{one.Item1}.0/24")).ToList();
            var plan = Plan([.. nodes]);

            plan.Routes.Select(route => route.Range).ShouldBeUnique();
            plan.Routes.ShouldAllBe(route => !Self.Ranges.Any(own => route.Range.Overlaps(own)));
            plan.Routes.Where(route => route.Device == "oo-vxlan0").Select(route => route.Via).ShouldBe(plan.Neighbours.Select(one => one.Address), ignoreOrder: true);
            plan.Neighbours.ShouldAllBe(one => plan.Peers.Any(peer => peer.Link == one.Link));
            var again = Plan([.. Enumerable.Reverse(nodes)]);
            again.Routes.SetEquals(plan.Routes).ShouldBeTrue();
            again.Peers.SetEquals(plan.Peers).ShouldBeTrue();
        }, iter: 200);

    [Fact]
    public void LinkOf_ANode_IsALocalAddressOfOneMachine()
    {
        var first = Convert.ToByte(NetworkPlan.LinkOf("a")[..2], 16);
        (first & 3).ShouldBe(2);
        NetworkPlan.LinkOf("a").ShouldNotBe(NetworkPlan.LinkOf("b"));
    }

    private static NetworkPlan Plan(params NetworkNode[] nodes) => NetworkPlan.Make(new NetworkSettings(), Self, nodes, Cluster, Interfaces);

    private static NetworkNode Node(string name, string addresses, string ranges) =>
        new(name, [.. addresses.Split(',').Select(IPAddress.Parse)], NetworkNode.ReadRanges(ranges.Split(',')));

    private static IPNetwork Range(string text) => IPNetwork.Parse(text);
}
