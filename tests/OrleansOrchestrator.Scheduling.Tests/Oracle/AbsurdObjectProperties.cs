using k8s.Models;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Scheduling.Queueing;
using OrleansOrchestrator.Scheduling.Tests.Building;
using OrleansOrchestrator.Testing.Absurd;

namespace OrleansOrchestrator.Scheduling.Tests.Oracle;

/// <summary>An object that is absurd in one field keeps no plain pod from its node, and leaves nothing behind.</summary>
public sealed class AbsurdObjectProperties
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Pod_AbsurdInOneField_KeepsNoPlainPodFromItsNode() => PlainObjects.Survey(WellKnownResources.Pods, absurd =>
    {
        var pod = (V1Pod)absurd.Object;
        var harness = new Harness(Node("a"), Node("b"));
        var empty = CacheText.Write(harness.Cache);
        var queue = new SchedulingQueue(new SchedulingQueueOptions(), harness.Hints);
        queue.Add(pod.Info(), Now);
        queue.Add(Plain().Info(), Now);
        queue.Pop(10, Now).Select(queued => queued.Info.Name).ShouldContain("plain");

        harness.Schedule(pod);
        harness.Place(Plain()).ShouldBeOneOf("a", "b");

        var assigned = ObjectCodec.Clone(pod);
        assigned.Spec.NodeName = "a";
        harness.Cache.SetPod(assigned);
        harness.Place(Plain()).ShouldBeOneOf("a", "b");
        harness.Cache.RemovePod(assigned.Metadata.Uid);
        CacheText.Write(harness.Cache).ShouldBe(empty);
    }).ShouldBeEmpty();

    [Fact]
    public void Node_AbsurdInOneField_KeepsNoPlainPodFromOthers() => PlainObjects.Survey(WellKnownResources.Nodes, absurd =>
    {
        var harness = new Harness(Node("a"));
        var before = CacheText.Write(harness.Cache);
        harness.Cache.SetNode((V1Node)absurd.Object);

        harness.Place(Plain()).ShouldBeOneOf("a", "absurd");
        harness.Cache.RemoveNode("absurd");

        harness.Place(Plain()).ShouldBe("a");
        CacheText.Write(harness.Cache).ShouldBe(before);
    }).ShouldBeEmpty();

    [Fact]
    public void Namespace_AbsurdInOneField_KeepsNoPlainPodFromItsNode() => PlainObjects.Survey(WellKnownResources.Namespaces, absurd =>
    {
        var harness = new Harness(Node("a"));
        harness.Cache.SetNamespace((V1Namespace)absurd.Object);
        harness.Place(Plain()).ShouldBe("a");
    }).ShouldBeEmpty();

    [Fact]
    public void Node_PromisedToMoreThanALongHolds_LooksFullAndIsItselfAgainAfterwards()
    {
        var harness = new Harness(Node("a"));
        var empty = CacheText.Write(harness.Cache);
        var pods = Enumerable.Range(0, 10_000).Select(i => new V1Pod
        {
            Metadata = new V1ObjectMeta { Name = $"p{i}", NamespaceProperty = "default", Uid = $"u{i}" },
            Spec = new V1PodSpec
            {
                NodeName = "a",
                Containers = [new V1Container { Name = "c", Resources = new V1ResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["cpu"] = new("1e18"), ["example.com/a"] = new("1e18") } } }],
            },
        }).ToList();

        foreach (var pod in pods)
            harness.Cache.SetPod(pod);
        harness.Refuse(Plain()).ShouldContain("Insufficient cpu");
        foreach (var pod in pods)
            harness.Cache.RemovePod(pod.Metadata.Uid);

        harness.Place(Plain()).ShouldBe("a");
        CacheText.Write(harness.Cache).ShouldBe(empty);
    }

    [Fact]
    public void Pod_RequestingMoreThanAnyNumberHolds_IsToldThatThereIsNotEnough()
    {
        var pod = Plain();
        pod.Spec.Containers[0].Resources.Requests["cpu"] = new ResourceQuantity("1e300");

        new Harness(Node("a")).Refuse(pod).ShouldStartWith("0/1 nodes are available: 1 Insufficient cpu.");
    }

    private static V1Node Node(string name) => Nodes.Create(name, pods: 20_000).WithLabel("zone", name);

    private static V1Pod Plain() => new()
    {
        Metadata = new V1ObjectMeta { Name = "plain", NamespaceProperty = "default", Uid = "u-plain" },
        Spec = new V1PodSpec
        {
            Containers = [new V1Container { Name = "c", Resources = new V1ResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["cpu"] = new("1m"), ["memory"] = new("1Mi") } } }],
        },
    };
}
