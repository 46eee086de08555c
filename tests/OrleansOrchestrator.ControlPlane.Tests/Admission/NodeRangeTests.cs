using System.Net;
using k8s.Models;
using OrleansOrchestrator.Controllers.NodeAddressing;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Objects;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.Kinds.Core.Services;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.ControlPlane.Tests.Admission;

/// <summary>Clusters with room for eight nodes.</summary>
public sealed class NodeRangeTests
{
    private static readonly IPNetwork Cluster = IPNetwork.Parse("10.244.0.0/25");

    [Fact]
    public async Task ManyNodesAtOnce_GetRangesOfTheirOwn_AndTheRestWaitUntilSomeGo()
    {
        await using var silo = await TestSilo.StartAsync(new ScriptedLog(), With("10.244.0.0/25"));
        var nodes = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => silo.Api.CreateAsync(PodSamples.Node($"n{i}"))));
        var (given, waiting) = (nodes.Where(HasRange).ToList(), nodes.Where(node => !HasRange(node)).ToList());
        given.Select(node => node.Spec.PodCIDR).ShouldBeUnique();
        given.Count.ShouldBe(8);
        given.ShouldAllBe(node => node.Spec.PodCIDRs.Single() == node.Spec.PodCIDR && Cluster.Contains(IPNetwork.Parse(node.Spec.PodCIDR).BaseAddress));
        await silo.Api.UntilAsync<Corev1Event>("default", events => waiting.TrueForAll(node => events.Exists(said => said.Reason == "CIDRNotAvailable" && said.InvolvedObject.Name == node.Metadata.Name)));

        foreach (var node in given.Take(4))
            await silo.Api.DeleteAsync<V1Node>("", node.Metadata.Name);

        var rest = await silo.Api.UntilAsync<V1Node>("", all => all.Count == 8 && all.TrueForAll(HasRange));
        rest.Select(node => node.Spec.PodCIDR).Order().ShouldBe(given.Select(node => node.Spec.PodCIDR).Order());
    }

    [Fact]
    public async Task Range_ThatAnAdministratorWrote_IsTakenWhateverItsSize()
    {
        await using var silo = await TestSilo.StartAsync(new ScriptedLog(), With("10.244.0.0/25"));
        foreach (var name in new[] { "a", "b" })
            (await silo.Api.CreateAsync(PodSamples.Node(name, podCidr: "10.244.0.0/26"))).Spec.PodCIDR.ShouldBe("10.244.0.0/26", "as in Kubernetes, nobody compares what users write");

        // Neither the half that is left nor the other one has them back before both are gone.
        await silo.Api.DeleteAsync<V1Node>("", "a");
        var nodes = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => silo.Api.CreateAsync(PodSamples.Node($"n{i}"))));
        nodes.Where(HasRange).Select(node => node.Spec.PodCIDR).Order(StringComparer.Ordinal)
            .ShouldBe(["10.244.0.112/28", "10.244.0.64/28", "10.244.0.80/28", "10.244.0.96/28"]);
    }

    [Fact]
    public async Task Nodes_ThatWereThereBefore_GetRanges_AndKeepThem()
    {
        var log = new ScriptedLog();
        await using (var before = await TestSilo.StartAsync(log))
        {
            await before.Api.CreateAsync(PodSamples.Node("own", podCidr: "10.244.0.16/28"));
            HasRange(await before.Api.CreateAsync(PodSamples.Node("old"))).ShouldBeFalse();
        }

        var first = "";
        await using (var silo = await TestSilo.StartAsync(log, With("10.244.0.0/27,fd00:10:244::/62")))
        {
            var nodes = await silo.Api.UntilAsync<V1Node>("", all => all.TrueForAll(HasRange));
            var old = nodes.Single(node => node.Metadata.Name == "old");
            first = string.Join(' ', old.Spec.PodCIDRs);
            old.Spec.PodCIDR.ShouldBe("10.244.0.0/28");
            IPNetwork.Parse("fd00:10:244::/62").Overlaps(IPNetwork.Parse(old.Spec.PodCIDRs[1])).ShouldBeTrue();
        }

        await using var after = await TestSilo.StartAsync(log, With("10.244.0.0/27,fd00:10:244::/62"));
        string.Join(' ', (await after.Api.GetAsync<V1Node>("", "old")).Spec.PodCIDRs).ShouldBe(first);
        HasRange(await after.Api.CreateAsync(PodSamples.Node("new"))).ShouldBeFalse("both ranges are taken");
    }

    [Fact]
    public async Task Node_ThatRegisters_GetsItsRange_AndMayNotWriteOneItself()
    {
        await using var silo = await TestSilo.StartAsync(new ScriptedLog(), With("10.244.0.0/25"));
        var (one, other) = (As("n1"), As("n2"));
        var node = await silo.Api.CreateAsync(PodSamples.Node("n1"), one);
        HasRange(node).ShouldBeTrue();
        node.Metadata.Labels["example.com/own"] = "x";
        (await silo.Api.UpdateAsync(node, options: one)).Spec.PodCIDR.ShouldBe(node.Spec.PodCIDR);

        (await Should.ThrowAsync<ApiException>(() => silo.Api.CreateAsync(PodSamples.Node("n2", podCidr: node.Spec.PodCIDR), other)))
            .Message.ShouldContain("node \"n2\" is not allowed to set podCIDRs");
    }

    [Fact]
    public async Task KubernetesService_TellsNodesTheAddressesOfAllPods()
    {
        var log = new ScriptedLog();
        await using (var silo = await TestSilo.StartAsync(log, With("10.244.0.0/25")))
            (await silo.Api.GetAsync<V1Service>("default", "kubernetes")).Metadata.Annotations[ClusterService.PodRangeAnnotation].ShouldBe("10.244.0.0/25");

        await using var off = await TestSilo.StartAsync(log);
        await off.Api.UntilAsync<V1Service>("default", all => all.TrueForAll(service => service.Metadata.Annotations?.ContainsKey(ClusterService.PodRangeAnnotation) is not true));
    }

    private static WriteOptions As(string node) => new() { User = new UserInfo($"system:node:{node}", ["system:nodes"]) };

    private static bool HasRange(V1Node node) => node.Spec?.PodCIDRs is { Count: > 0 };

    private static ControlPlaneOptions With(string clusterCidr) => new()
    {
        NodeAddressing = new NodeAddressingOptions { ClusterCidr = clusterCidr, NodeCidrMaskSizeIPv4 = 28 },
    };
}
