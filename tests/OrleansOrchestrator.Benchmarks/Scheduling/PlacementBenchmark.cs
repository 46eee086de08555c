using System.Globalization;
using BenchmarkDotNet.Attributes;
using k8s.Models;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Placements;
using OrleansOrchestrator.Scheduling.Plugins;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Benchmarks.Scheduling;

/// <summary>The time from a pod to its assumed placement, on a cluster that fills from empty.</summary>
public class PlacementBenchmark
{
    private const int Pods = 5_000;

    private SchedulerCache _cache = null!;
    private Scheduler _scheduler = null!;
    private PodInfo[] _pods = [];

    [Params(100, 1_000, 5_000)]
    public int Nodes { get; set; }

    [ParamsAllValues]
    public Workload Workload { get; set; }

    [GlobalSetup]
    public void CreatePods() => _pods = [.. Enumerable.Range(0, Pods).Select(i => PodInfo.From(CreatePod(i), BuiltInPlugins.Registry.Inputs.Pods))];

    [IterationSetup]
    public void CreateCluster()
    {
        _cache = new SchedulerCache(BuiltInPlugins.Registry.Inputs);
        _scheduler = Scheduler.CreateAll(_cache, new SchedulerOptions(), BuiltInPlugins.Registry).Values.First();
        for (var i = 0; i < Nodes; i++)
            _cache.SetNode(CreateNode(i));
    }

    [Benchmark(OperationsPerInvoke = Pods)]
    public int ScheduleAndAssume()
    {
        for (var i = 0; i < _pods.Length; i++)
        {
            var placement = (Placement)_scheduler.Schedule(_pods[i], (ulong)i);
            _cache.Assume(_pods[i], placement.NodeName);
        }

        return _cache.PodCount;
    }

    private V1Node CreateNode(int index)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"node-{index}");
        var labels = new Dictionary<string, string> { ["kubernetes.io/hostname"] = name, ["kubernetes.io/os"] = "linux" };
        if (Workload == Workload.ReplicasInZones)
            labels["topology.kubernetes.io/zone"] = string.Create(CultureInfo.InvariantCulture, $"zone-{index % 3}");
        return new V1Node
        {
            Metadata = new V1ObjectMeta { Name = name, Labels = labels },
            Spec = new V1NodeSpec(),
            Status = new V1NodeStatus
            {
                Allocatable = new Dictionary<string, ResourceQuantity>
                {
                    ["cpu"] = new("32"),
                    ["memory"] = new("128Gi"),
                    ["pods"] = new("110"),
                },
            },
        };
    }

    private V1Pod CreatePod(int index)
    {
        var template = Workload switch
        {
            Workload.TwentyTemplates => index % 20,
            Workload.AllDifferent => index,
            _ => 0,
        };
        var owner = string.Create(CultureInfo.InvariantCulture, $"owner-{index % 10}");
        var isOwned = Workload is Workload.Replicas or Workload.ReplicasInZones;
        return new V1Pod
        {
            Metadata = new V1ObjectMeta
            {
                Name = string.Create(CultureInfo.InvariantCulture, $"pod-{index}"),
                NamespaceProperty = "default",
                Uid = string.Create(CultureInfo.InvariantCulture, $"uid-{index}"),
                Labels = new Dictionary<string, string> { ["app"] = "web" },
                OwnerReferences = isOwned ? [new V1OwnerReference { ApiVersion = "apps/v1", Kind = "ReplicaSet", Name = owner, Uid = owner, Controller = true }] : null,
            },
            Spec = new V1PodSpec
            {
                Containers =
                [
                    new V1Container
                    {
                        Name = "main",
                        Resources = new V1ResourceRequirements
                        {
                            Requests = new Dictionary<string, ResourceQuantity>
                            {
                                ["cpu"] = new("10m"),
                                ["memory"] = new(string.Create(CultureInfo.InvariantCulture, $"{(64L << 20) + template}")),
                            },
                        },
                    },
                ],
            },
        };
    }
}
