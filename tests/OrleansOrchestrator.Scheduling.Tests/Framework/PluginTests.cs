using k8s.Models;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Placements;
using OrleansOrchestrator.Scheduling.Plugins;
using OrleansOrchestrator.Scheduling.Pods;
using OrleansOrchestrator.Scheduling.Tests.Building;
using static OrleansOrchestrator.Scheduling.Tests.Building.PodObjects;

namespace OrleansOrchestrator.Scheduling.Tests.Framework;

/// <summary>A plugin that is registered besides the built-in ones: ConfigMaps that are on some nodes only.</summary>
public sealed class PluginTests
{
    private static readonly ResourceName VolumesResource = new("configmaps");

    private static readonly ObjectInput<V1ConfigMap> Volumes = new(VolumesResource);

    private static readonly PodInput<string[]> Claims = new PodInput<string[], string[]>(
        "volume claims", [],
        static pod => pod.Spec.Volumes is { Count: > 0 } volumes ? [.. volumes.Select(volume => volume.ConfigMap.Name)] : null,
        static claims => claims);

    private static readonly PluginRegistry Registry = BuiltInPlugins.Registry.With(
        new PluginFactory<LocalVolumes>("LocalVolumes", static context => new(context)) { Reads = [Claims], Follows = [Volumes] });

    [Fact]
    public void Plugin_ThatReadsOtherObjects_SeesThemComeAndGo()
    {
        var harness = new Harness(new SchedulerOptions(), Registry, Nodes.Create("a"), Nodes.Create("b"));
        var pod = PodInfo.From(WithClaim("data"), Registry.Inputs.Pods);
        harness.Scheduler.Schedule(pod, 1).ShouldBeOfType<Unschedulable>().Message.ShouldBe("0/2 nodes are available: 2 node(s) had no such volume.");

        harness.Cache.SetObject(Volumes, new ObjectKey("", "data"), VolumeOn("b")).Kinds().ShouldBe(Volumes.Changed);
        harness.Scheduler.Schedule(pod, 1).ShouldBeOfType<Placement>().NodeName.ShouldBe("b");
        harness.Cache.SetObject(Volumes, new ObjectKey("", "data"), VolumeOn("a"));
        harness.Scheduler.Schedule(pod, 1).ShouldBeOfType<Placement>().NodeName.ShouldBe("a");

        harness.Cache.RemoveObject(Volumes, new ObjectKey("", "data")).Kinds().ShouldBe(Volumes.Changed);
        harness.Scheduler.Schedule(pod, 1).ShouldBeOfType<Unschedulable>().Plugins.ShouldBe(["LocalVolumes"]);
    }

    [Fact]
    public void Pods_ThatDifferInWhatANewPluginReads_AreNotTakenForTheSame()
    {
        PodInfo.From(WithClaim("a"), Registry.Inputs.Pods).Shape.ShouldNotBe(PodInfo.From(WithClaim("b"), Registry.Inputs.Pods).Shape);
        WithClaim("a").Info().Shape.ShouldBe(WithClaim("b").Info().Shape);
    }

    [Fact]
    public void Reserve_WhatIsTakenAlready_IsRefusedUntilItIsGivenBack()
    {
        var harness = new Harness(new SchedulerOptions(), Registry, Nodes.Create("a"));
        var (one, other) = (PodInfo.From(WithClaim("data", "one"), Registry.Inputs.Pods), PodInfo.From(WithClaim("data", "other"), Registry.Inputs.Pods));
        harness.Scheduler.Reserve(one, "a").ShouldBeNull();
        harness.Scheduler.Reserve(other, "a").ShouldBe("the volume data is taken");
        harness.Scheduler.Unreserve(one, "a");
        harness.Scheduler.Reserve(other, "a").ShouldBeNull();
    }

    [Fact]
    public void PreBind_PodWithAClaim_WritesItBeforeTheBinding()
    {
        var harness = new Harness(new SchedulerOptions(), Registry, Nodes.Create("a"));
        var write = harness.Scheduler.PreBind(PodInfo.From(WithClaim("data"), Registry.Inputs.Pods), "a").ShouldHaveSingleItem();
        (write.Resource, write.Key.Name).ShouldBe((VolumesResource, "data"));
        harness.Scheduler.PreBind(PodInfo.From(Create("p"), Registry.Inputs.Pods), "a").ShouldBeEmpty();
    }

    [Fact]
    public void Registry_TwoPluginsOfOneName_AreRefused() =>
        Should.Throw<ArgumentException>(() => Registry.With(new PluginFactory<LocalVolumes>("LocalVolumes", static context => new(context))));

    private static V1Pod WithClaim(string claim, string name = "p")
    {
        var pod = Create(name);
        pod.Spec.Volumes = [new V1Volume { Name = "v", ConfigMap = new V1ConfigMapVolumeSource { Name = claim } }];
        return pod;
    }

    private static V1ConfigMap VolumeOn(string node) =>
        new() { Metadata = new V1ObjectMeta { Name = "data", Labels = new Dictionary<string, string> { ["kubernetes.io/hostname"] = node } } };

    private sealed class LocalVolumes(PluginContext context) : INodeFilter, IReserve, IPreBind
    {
        private readonly HashSet<string> _taken = [];

        public ClusterEvents WakesOn => Volumes.Changed;

        public bool ReadsNodeOnly => true;

        public bool Applies(PodShape shape) => shape.Get(Claims).Length > 0;

        public bool Passes(PodShape shape, NodeTable nodes, int row) => Array.TrueForAll(
            shape.Get(Claims),
            claim => context.Cluster.ObjectsOf(Volumes).Find(new ObjectKey("", claim))?.Metadata.Labels["kubernetes.io/hostname"] == nodes.Record(row).Name);

        public Rejection Explain(PodShape shape, NodeTable nodes, int row) => new("LocalVolumes", "node(s) had no such volume", isResolvable: false);

        public string? Reserve(CycleState cycle, string nodeName)
        {
            var pod = cycle.Pod;
            foreach (var claim in pod.Shape.Get(Claims))
            {
                if (!_taken.Add($"{claim} for {pod.Uid}") || _taken.Any(other => other.StartsWith($"{claim} for ", StringComparison.Ordinal) && !other.EndsWith(pod.Uid, StringComparison.Ordinal)))
                    return $"the volume {claim} is taken";
            }

            return null;
        }

        public IReadOnlyList<ClusterEvent> Unreserve(PodInfo pod, string nodeName)
        {
            _taken.RemoveWhere(taken => taken.EndsWith($"for {pod.Uid}", StringComparison.Ordinal));
            return [];
        }

        public IReadOnlyList<PreBindWrite> PreBind(PodInfo pod, string nodeName) =>
            [.. pod.Shape.Get(Claims).Select(claim => new PreBindWrite(VolumesResource, new ObjectKey("", claim), "{}"u8.ToArray()))];
    }
}
