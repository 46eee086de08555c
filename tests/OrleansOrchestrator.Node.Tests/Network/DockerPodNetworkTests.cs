using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using k8s.Models;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Network;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests.Network;

/// <summary>A whole daemon whose pods have the daemon's network on a real Docker engine.</summary>
public sealed class DockerPodNetworkTests(DockerMachine docker)
{
    // Reserved for tests between networks (RFC 2544); tests beside this one have other ranges and devices.
    private static readonly int Number = Random.Shared.Next(1, 250);
    private static readonly string Range = string.Create(CultureInfo.InvariantCulture, $"198.19.{Number}.0/24");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pods_OnABridge_HaveAddressesOfTheNode_AlsoAfterARestartOfTheDaemon_AndLeaveNothing()
    {
        docker.SkipIfAbsent();
        Assert.SkipWhen(LabNode.Fault is not null, LabNode.Fault ?? "");
        var hostPort = FreePorts.Next();
        await using (var node = await TestNode.StartAsync(RuntimeKind.Docker, options => options with { PodNetwork = PodNetworkKind.Bridge, Index = 500 + Number }))
        {
            await Eventually.HoldsAsync(() => Ready(node) is { Status: "False" } ready && ready.Message.StartsWith("container runtime network not ready: NetworkReady=false", StringComparison.Ordinal)
                && ready.Message.EndsWith("the node has no spec.podCIDR yet", StringComparison.Ordinal), "the node waits for its range");
            var first = TestPods.Shell("a", "while :; do sleep 0.1; done", image: DockerMachine.Image);
            var second = TestPods.Shell("b", "while :; do echo it is b | nc -l -p 80; done", image: DockerMachine.Image);
            second.Spec.Containers[0].Ports = [new V1ContainerPort { ContainerPort = 80, HostPort = hostPort }];
            node.Put(first);
            node.Put(second);
            await GiveRangeAsync(node);

            var (a, b) = (await node.PodAsync("a", TestPods.IsReady, "it runs", 60), await node.PodAsync("b", TestPods.IsReady, "it runs", 60));
            new[] { a, b }.ShouldAllBe(pod => IPNetwork.Parse(Range).Contains(IPAddress.Parse(pod.Status.PodIP)));
            a.Status.PodIP.ShouldNotBe(b.Status.PodIP);
            await Eventually.HoldsAsync(() => Ready(node)?.Status == "True");
            (await AskAsync(b.Status.PodIP, 80)).ShouldBe("it is b");
            (await AskAsync("127.0.0.1", hostPort)).ShouldBe("it is b");

            await node.StopAgentAsync();
            await node.StartAgentAsync();
            await Eventually.HoldsAsync(() => node.Agent.Pods.Workers.Count(worker => worker.Reported is not null) == 2);
            (TestPods.Status(node.Pod("a")!)!.RestartCount, node.Pod("a")!.Status.PodIP).ShouldBe((0, a.Status.PodIP));
            (await AskAsync("127.0.0.1", hostPort)).ShouldBe("it is b");

            node.Delete("a", 0);
            await Eventually.HoldsAsync(() => node.Pod("a") is null);
            Directory.GetFiles(Path.Combine(BridgeNetwork.AddressFolder(Path.Combine(node.Options.DataDirectory, "network")), Bridge)).Select(Path.GetFileName).Where(name => IPAddress.TryParse(name, out _))
                .ShouldBe([b.Status.PodIP]);
        }

        (await new MachineCommand("ip", "link", "show", Bridge).RunAsync(Token)).IsSuccess.ShouldBeFalse();
        (await new MachineCommand("nft", "list", "tables").RunAsync(Token)).Output.ShouldNotContain($"oo_pods{500 + Number}");
        (await new MachineCommand("iptables-save").RunAsync(Token)).Output.ShouldNotContain($"OO-PODS{500 + Number}");
    }

    [Fact]
    public async Task Pods_OfANodeThatGoesBackToItsEngine_GetTheEnginesNetwork_AndTheBridgeGoes()
    {
        docker.SkipIfAbsent();
        Assert.SkipWhen(LabNode.Fault is not null, LabNode.Fault ?? "");
        await using var node = await TestNode.StartAsync(
            RuntimeKind.Docker, options => options with { PodNetwork = PodNetworkKind.Bridge, Index = 750 + Number });
        await GiveRangeAsync(node);
        node.Put(TestPods.Shell("a", "while :; do sleep 0.1; done", image: DockerMachine.Image));
        var before = await node.PodAsync("a", TestPods.IsReady, "it runs", 60);
        await node.StopAgentAsync();

        node.Options = node.Options with { PodNetwork = PodNetworkKind.Engine };
        await node.StartAgentAsync();

        var after = await node.PodAsync("a", pod => TestPods.IsReady(pod) && pod.Status.PodIP != before.Status.PodIP, "it has another address", 60);
        IPNetwork.Parse(Range).Contains(IPAddress.Parse(after.Status.PodIP)).ShouldBeFalse();
        (await new MachineCommand("ip", "link", "show", $"oo-pods{750 + Number}").RunAsync(Token)).IsSuccess.ShouldBeFalse();
        Directory.Exists(Path.Combine(node.Options.DataDirectory, "network", "sandboxes")).ShouldBeFalse();
    }

    private static string Bridge => string.Create(CultureInfo.InvariantCulture, $"oo-pods{500 + Number}");

    private static async Task GiveRangeAsync(TestNode node)
    {
        await Eventually.HoldsAsync(() => node.Api.Get<V1Node>(ResourcePath.Node(node.Options.Name)) is not null, "the node is there");
        node.Api.Change(ResourcePath.Node(node.Options.Name), one => one["spec"] = new JsonObject { ["podCIDR"] = Range, ["podCIDRs"] = new JsonArray(Range) });
    }

    private static V1NodeCondition? Ready(TestNode node) =>
        node.Api.Get<V1Node>(ResourcePath.Node(node.Options.Name))?.Status?.Conditions?.FirstOrDefault(condition => condition.Type == "Ready");

    /// <summary>Asks until there is an answer: the server answers one after the other.</summary>
    private static Task<string> AskAsync(string address, int port) => Eventually.AnswersAsync(
        async () =>
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Parse(address), port, Token);
                using var reader = new StreamReader(client.GetStream());
                return await reader.ReadLineAsync(Token);
            }
            catch (Exception fault) when (fault is SocketException or IOException)
            {
                return null;
            }
        },
        $"{address}:{port} answers");
}
