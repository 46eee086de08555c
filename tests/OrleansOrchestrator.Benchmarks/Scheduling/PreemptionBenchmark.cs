using System.Globalization;
using BenchmarkDotNet.Attributes;
using k8s.Models;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Placements;
using OrleansOrchestrator.Scheduling.Plugins;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Benchmarks.Scheduling;

/// <summary>The time to find victims on full nodes, for a pod that spreads over zones and keeps away from others of its kind.</summary>
public class PreemptionBenchmark
{
    private const int PodsPerNode = 4;

    private SchedulerCache _cache = null!;
    private Scheduler _scheduler = null!;
    private PodInfo _pod = null!;
    private ulong _seed;

    [Params(500, 5_000)]
    public int Nodes { get; set; }

    /// <summary>Whether the pod cares about others.</summary>
    [Params(false, true)]
    public bool IsChoosy { get; set; }

    [GlobalSetup]
    public void CreateCluster()
    {
        var inputs = BuiltInPlugins.Registry.Inputs;
        _cache = new SchedulerCache(inputs);
        _scheduler = Scheduler.CreateAll(_cache, new SchedulerOptions(), BuiltInPlugins.Registry).Values.First();
        for (var i = 0; i < Nodes; i++)
        {
            var node = string.Create(CultureInfo.InvariantCulture, $"node-{i}");
            _cache.SetNode(CreateNode(node, i));
            for (var j = 0; j < PodsPerNode; j++)
                _cache.SetPod(CreatePod(string.Create(CultureInfo.InvariantCulture, $"low-{i}-{j}"), "low", "1", 0, node, isChoosy: false));
        }

        _pod = PodInfo.From(CreatePod("high", "high", "2", 100, null, IsChoosy), inputs.Pods);
    }

    [Benchmark]
    public int FindVictims()
    {
        var failure = (Unschedulable)_scheduler.Schedule(_pod, ++_seed);
        return _scheduler.PostFilter(_pod, failure, _seed).Victims.Count;
    }

    private static V1Node CreateNode(string name, int index) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = name,
            Labels = new Dictionary<string, string>
            {
                ["kubernetes.io/hostname"] = name,
                ["topology.kubernetes.io/zone"] = string.Create(CultureInfo.InvariantCulture, $"zone-{index % 3}"),
            },
        },
        Spec = new V1NodeSpec(),
        Status = new V1NodeStatus
        {
            Allocatable = new Dictionary<string, ResourceQuantity> { ["cpu"] = new("4"), ["memory"] = new("16Gi"), ["pods"] = new("110") },
        },
    };

    private static V1Pod CreatePod(string name, string app, string cpu, int priority, string? node, bool isChoosy)
    {
        var selector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["app"] = app } };
        return new V1Pod
        {
            Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = "default", Uid = name, Labels = new Dictionary<string, string> { ["app"] = app } },
            Spec = new V1PodSpec
            {
                NodeName = node,
                Priority = priority,
                Containers =
                [
                    new V1Container
                    {
                        Name = "main",
                        Resources = new V1ResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["cpu"] = new(cpu), ["memory"] = new("64Mi") } },
                    },
                ],
                TopologySpreadConstraints = isChoosy
                    ? [new V1TopologySpreadConstraint { TopologyKey = "topology.kubernetes.io/zone", MaxSkew = 1, WhenUnsatisfiable = "DoNotSchedule", LabelSelector = selector }]
                    : null,
                Affinity = isChoosy
                    ? new V1Affinity
                    {
                        PodAntiAffinity = new V1PodAntiAffinity
                        {
                            RequiredDuringSchedulingIgnoredDuringExecution = [new V1PodAffinityTerm { TopologyKey = "kubernetes.io/hostname", LabelSelector = selector }],
                        },
                    }
                    : null,
            },
        };
    }
}
