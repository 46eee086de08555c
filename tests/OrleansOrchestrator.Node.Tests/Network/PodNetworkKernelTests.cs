using System.Net;
using System.Net.Sockets;
using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Network;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Tests.Network;

/// <summary>The daemon's network in the kernel, with real plugins: each machine and each pod is a namespace.</summary>
public sealed class PodNetworkKernelTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nodes_OfOneSegment_CarryTheirPodsPacketsAsTheyAre_AndLeaveNothing()
    {
        Assert.SkipWhen(LabNode.Fault is not null, LabNode.Fault ?? "");
        await using var @switch = await LabMachine.StartAsync();
        await @switch.MustAsync("ip", "link", "add", "br0", "up", "type", "bridge");
        await using var a = await NodeAsync(@switch, "br0", 1);
        await using var b = await NodeAsync(@switch, "br0", 2);
        await using var outside = await LabMachine.StartAsync();
        await outside.ConnectAsync(@switch, "br0", "port9", "192.0.2.9/24", "2001:db8::9/64");
        var (planA, planB) = (await a.ApplyAsync(a.Node, b.Node), await b.ApplyAsync(a.Node, b.Node));
        (planA.Tunnel, planB.Tunnel).ShouldBe((null, null));
        var (podA, addressesA) = await a.StartPodAsync(planA);
        var (podB, addressesB) = await b.StartPodAsync(planB, new PublishedPort(8080, 18_080, "tcp", null));
        (addressesA[0], addressesB[0]).ShouldBe(("10.244.1.2", "10.244.2.2"));

        (await HearAsync(podA, podB, addressesB[0])).ShouldBe(addressesA[0], "no address is translated between pods");
        (await HearAsync(podA, podB, addressesB[1])).ShouldBe(addressesA[1], "neither is one of the other family");
        (await HearAsync(podB, podA, addressesA[0])).ShouldBe(addressesB[0]);
        (await HearAsync(podA, outside, "192.0.2.9")).ShouldBe("192.0.2.1", "what leaves the cluster has the node's address");
        (await HearAsync(podA, outside, "2001:db8::9")).ShouldBe("2001:db8::1");
        (await HearAsync(a.Machine, podB, addressesB[0])).ShouldBe("192.0.2.1");
        (await HearAsync(podA, podA, addressesA[0])).ShouldBe(addressesA[0]);
        var (heard, _) = await podB.ListenAsync(AddressFamily.InterNetwork, 8080);
        await outside.SayAsync("192.0.2.2", 18_080, 10);
        (await heard).Bytes.ShouldBe(10, "the node's port leads to the pod");

        // Nothing changes at the second time, and what somebody removed comes back.
        var before = await StateAsync(a);
        await a.ApplyAsync(a.Node, b.Node);
        (await StateAsync(a)).ShouldBe(before);
        await a.Machine.MustAsync("ip", "route", "del", "10.244.2.0/24");
        await a.Machine.MustAsync("nft", "flush", "ruleset");
        await a.ApplyAsync(a.Node, b.Node);
        (await HearAsync(podA, podB, addressesB[0])).ShouldBe(addressesA[0]);

        await a.ApplyAsync(a.Node);
        (await a.Machine.MustAsync("ip", "route", "show", "proto", "111")).ShouldBeEmpty("the other node is gone");
        foreach (var (node, plan) in new[] { (a, planA), (b, planB) })
        {
            await node.RemoveAsync(plan);
            await ShouldHaveNothingAsync(node);
        }
    }

    [Fact]
    public async Task Nodes_OfTwoSegments_ReachEachOthersPodsThroughTunnels()
    {
        Assert.SkipWhen(LabNode.Fault is not null, LabNode.Fault ?? "");

        // The router knows no range of pods.
        await using var router = await LabMachine.StartAsync();
        foreach (var (bridge, address) in new[] { ("br1", "192.0.2.254/24"), ("br2", "198.51.100.254/24") })
        {
            await router.MustAsync("ip", "link", "add", bridge, "up", "type", "bridge");
            await router.MustAsync("ip", "addr", "add", address, "dev", bridge);
        }

        await router.MustAsync("/bin/sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
        await using var a = await NodeAsync(router, "br1", 1);
        await using var b = await NodeAsync(router, "br1", 2);
        await using var c = await NodeAsync(router, "br2", 3, "198.51.100");
        foreach (var (node, gateway) in new[] { (a, "192.0.2.254"), (b, "192.0.2.254"), (c, "198.51.100.254") })
            await node.Machine.MustAsync("ip", "route", "add", "default", "via", gateway);
        NetworkNode[] all = [a.Node, b.Node, c.Node];
        var (planA, planB, planC) = (await a.ApplyAsync(all), await b.ApplyAsync(all), await c.ApplyAsync(all));
        (planA.Mtu, planC.Mtu, planC.Peers.Count).ShouldBe((1450, 1450, 2));
        var (podA, addressesA) = await a.StartPodAsync(planA);
        var (podB, addressesB) = await b.StartPodAsync(planB);
        var (podC, addressesC) = await c.StartPodAsync(planC);

        (await HearAsync(podA, podC, addressesC[0], bytes: 300_000)).ShouldBe(addressesA[0], "no address is translated between pods, and packets of all sizes pass");
        (await HearAsync(podC, podA, addressesA[1], bytes: 300_000)).ShouldBe(addressesC[1], "the tunnel carries the other family too");
        (await HearAsync(podC, podB, addressesB[0])).ShouldBe(addressesC[0]);
        (await HearAsync(podA, podB, addressesB[0])).ShouldBe(addressesA[0]);
        (await a.Machine.MustAsync("ip", "route", "show", "10.244.2.0/24")).ShouldContain("dev eth0", customMessage: "nodes of one segment need no tunnel");
        (await podA.MustAsync("ip", "link", "show", "eth0")).ShouldContain("mtu 1450");
        (await HearAsync(a.Machine, podC, addressesC[0])).ShouldBe("10.244.1.0", "the machine itself speaks from its end of the tunnel");

        await a.ApplyAsync(a.Node, b.Node);
        (await a.Machine.RunAsync(new MachineCommand("ip", "link", "show", "oo-vxlan0"), Token)).IsSuccess.ShouldBeFalse("there is nobody at the other end any more");
        await a.ApplyAsync(all);
        (await HearAsync(podA, podC, addressesC[0])).ShouldBe(addressesA[0]);
        await c.RemoveAsync(planC);
        await ShouldHaveNothingAsync(c);
    }

    [Fact]
    public async Task Route_ThatTheKernelRefuses_LeavesTheWaysToOtherNodes()
    {
        Assert.SkipWhen(LabNode.Fault is not null, LabNode.Fault ?? "");
        await using var @switch = await LabMachine.StartAsync();
        await @switch.MustAsync("ip", "link", "add", "br0", "up", "type", "bridge");

        // Its segment is half of what the plan takes it for, so that one node has the address of all machines of it.
        await using var a = await NodeAsync(@switch, "br0", 1, interfaces: [new MachineInterface("eth0", 1500, [(IPAddress.Parse("192.0.2.1"), 23)])]);
        NetworkNode[] others =
        [
            new("node-2", [IPAddress.Parse("192.0.2.255")], NetworkNode.ReadRanges(["10.244.2.0/24"])),
            new("node-3", [IPAddress.Parse("192.0.2.3")], NetworkNode.ReadRanges(["10.244.3.0/24"])),
        ];

        await a.ApplyAsync(others);

        a.Refused.ShouldNotBeNull().ShouldStartWith("ip: route replace 10.244.2.0/24 via 192.0.2.255");
        (await a.Machine.MustAsync("ip", "route", "show", "proto", "111")).ShouldStartWith("10.244.3.0/24 via 192.0.2.3");
        await a.ApplyAsync(others[1]);
        a.Refused.ShouldBeNull();
    }

    [Fact]
    public async Task Node_ThatComesBackWithAnotherRange_LeavesTheFormerToItsOwner()
    {
        Assert.SkipWhen(LabNode.Fault is not null, LabNode.Fault ?? "");
        await using var @switch = await LabMachine.StartAsync();
        await @switch.MustAsync("ip", "link", "add", "br0", "up", "type", "bridge");
        await using var a = await NodeAsync(@switch, "br0", 1);
        await a.StartPodAsync(await a.ApplyAsync(new NetworkNode("node-3", [IPAddress.Parse("198.51.100.3")], NetworkNode.ReadRanges(["10.244.3.0/24"]))));
        (await a.Machine.MustAsync("ip", "addr", "show", "dev", "oo-vxlan0")).ShouldContain("10.244.1.0");

        a.Node = a.Node with { Ranges = NetworkNode.ReadRanges(["10.244.9.0/24"]) };
        await a.ApplyAsync(new NetworkNode("node-3", [IPAddress.Parse("198.51.100.3")], NetworkNode.ReadRanges(["10.244.1.0/24", "fd00:10:244:1::/64"])));

        a.Refused.ShouldBeNull();
        (await a.Machine.MustAsync("ip", "-o", "addr", "show", "scope", "global")).Split('\n').Where(line => line.Contains("10.244.1.", StringComparison.Ordinal) || line.Contains("fd00:", StringComparison.Ordinal))
            .ShouldBeEmpty();
        (await a.Machine.MustAsync("ip", "route", "show", "10.244.1.0/24")).ShouldContain("via 10.244.1.0 dev oo-vxlan0");
    }

    [Fact]
    public async Task Machine_ThatBeginsToForward_StillHearsItsRouters()
    {
        Assert.SkipWhen(LabNode.Fault is not null, LabNode.Fault ?? "");
        await using var @switch = await LabMachine.StartAsync();
        await @switch.MustAsync("ip", "link", "add", "br0", "up", "type", "bridge");
        await using var a = await NodeAsync(@switch, "br0", 1);
        await a.Machine.MustAsync("/bin/sh", "-c", "cd /proc/sys/net/ipv6/conf; echo 1 > eth0/accept_ra; echo 1 > default/accept_ra");
        await a.Machine.MustAsync("ip", "-6", "route", "add", "default", "via", "fe80::1", "dev", "eth0", "proto", "ra");

        await a.ApplyAsync(a.Node);

        (await a.Machine.MustAsync("/bin/sh", "-c", "cd /proc/sys/net/ipv6/conf; cat all/forwarding eth0/accept_ra default/accept_ra")).Split('\n').ShouldBe(["1", "2", "1"]);
    }

    /// <summary>Lets one speak to the other.</summary>
    /// <returns>Who the other hears.</returns>
    private static async Task<string> HearAsync(LabMachine from, LabMachine to, string address, int bytes = 10)
    {
        var (heard, port) = await to.ListenAsync(IPAddress.Parse(address).AddressFamily, 0);
        await from.SayAsync(address, port, bytes);
        var (who, count) = await heard;
        count.ShouldBe(bytes);
        return who;
    }

    /// <summary>A machine whose firewall lets nothing through that it does not know, as one with Docker has.</summary>
    private static async Task<LabNode> NodeAsync(LabMachine @switch, string bridge, int number, string segment = "192.0.2", IReadOnlyList<MachineInterface>? interfaces = null)
    {
        var machine = await LabMachine.StartAsync();
        string[] addresses = segment == "192.0.2" ? [$"192.0.2.{number}", $"2001:db8::{number}"] : [$"{segment}.{number}"];
        await machine.ConnectAsync(@switch, bridge, $"port{number}", [.. addresses.Select(address => address.Contains(':', StringComparison.Ordinal) ? $"{address}/64" : $"{address}/24")]);
        foreach (var program in new[] { "iptables", "ip6tables" })
            await machine.MustAsync(program, "-P", "FORWARD", "DROP");
        return new LabNode(machine, new NetworkNode(
            $"node-{number}", [.. addresses.Select(IPAddress.Parse)], NetworkNode.ReadRanges([$"10.244.{number}.0/24", $"fd00:10:244:{number}::/64"])), interfaces);
    }

    private static async Task<string> StateAsync(LabNode node) => string.Join('\n',
        await node.Machine.MustAsync("ip", "route", "show"), await node.Machine.MustAsync("ip", "-6", "route", "show", "proto", "111"),
        await node.Machine.MustAsync("nft", "list", "table", "inet", "oo_pods0"), await node.Machine.MustAsync("iptables", "-S"));

    private static async Task ShouldHaveNothingAsync(LabNode node)
    {
        var links = await node.Machine.MustAsync("ip", "-o", "link", "show");
        links.Split('\n').Select(line => line.Split(':', '@')[1].Trim()).Order().ShouldBe(["eth0", "lo"]);
        (await node.Machine.MustAsync("nft", "list", "tables")).ShouldNotContain("oo_");
        foreach (var program in new[] { "iptables-save", "ip6tables-save" })
            (await node.Machine.MustAsync(program)).Split('\n').Where(line => line.Contains("OO-", StringComparison.Ordinal) || line.Contains("CNI", StringComparison.Ordinal)).ShouldBeEmpty();
        foreach (var family in new[] { "-4", "-6" })
            (await node.Machine.MustAsync("ip", family, "route", "show")).ShouldNotContain(family == "-4" ? "10.244" : "fd00");
    }
}
