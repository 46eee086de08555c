using k8s.Models;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Placements;
using OrleansOrchestrator.Scheduling.Plugins;

namespace OrleansOrchestrator.Scheduling.Tests.Building;

/// <summary>A cluster and its scheduler, built in a line or two.</summary>
internal sealed class Harness
{
    private ulong _seed;

    public Harness(params V1Node[] nodes)
        : this(new SchedulerOptions(), nodes)
    {
    }

    public Harness(SchedulerOptions options, params V1Node[] nodes)
        : this(options, BuiltInPlugins.Registry, nodes)
    {
    }

    public Harness(SchedulerOptions options, PluginRegistry registry, params V1Node[] nodes)
    {
        Cache = new SchedulerCache(registry.Inputs);
        var schedulers = Scheduler.CreateAll(Cache, options, registry);
        Scheduler = schedulers.Values.First();
        Hints = new QueueingHints(Cache, schedulers);
        foreach (var node in nodes)
            Cache.SetNode(node);
    }

    public SchedulerCache Cache { get; }

    public Scheduler Scheduler { get; }

    public QueueingHints Hints { get; }

    /// <summary>Notes the pods that wait, as the host does.</summary>
    public Harness Waiting(params V1Pod[] pods) => Running(pods);

    public Harness Running(params V1Pod[] pods)
    {
        foreach (var pod in pods)
            Cache.SetPod(pod);
        return this;
    }

    /// <summary>Notes services.</summary>
    public Harness With(params V1Service[] services)
    {
        foreach (var service in services)
            Cache.SetObject(ObjectInputs.Services, new ObjectKey(service.Metadata.NamespaceProperty, service.Metadata.Name), service);
        return this;
    }

    public SchedulingResult Schedule(V1Pod pod) => Scheduler.Schedule(pod.Info(), ++_seed);

    /// <summary>The node that the pod is placed on.</summary>
    public string Place(V1Pod pod) => Schedule(pod).ShouldBeOfType<Placement>().NodeName;

    /// <summary>The nodes that the pod may be placed on, found by trying many seeds.</summary>
    public string[] Choices(V1Pod pod) =>
        [.. Enumerable.Range(0, 100).Select(_ => Place(pod)).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The message of a pod that fits nowhere.</summary>
    public string Refuse(V1Pod pod) => Schedule(pod).ShouldBeOfType<Unschedulable>().Message;

    /// <summary>What preemption makes of a pod that fits nowhere.</summary>
    public (PreemptionResult Outcome, string Message) Preempt(V1Pod pod, params V1PodDisruptionBudget[] budgets)
    {
        var failure = Schedule(pod).ShouldBeOfType<Unschedulable>();
        foreach (var budget in budgets)
            Cache.SetObject(ObjectInputs.PodDisruptionBudgets, new ObjectKey(budget.Metadata.NamespaceProperty, budget.Metadata.Name), budget);
        var result = Scheduler.PostFilter(pod.Info(), failure, ++_seed);
        return (result, failure.MessageWith(result));
    }

    /// <summary>Places the pod and counts it against its node.</summary>
    public string PlaceAndAssume(V1Pod pod)
    {
        var info = pod.Info();
        var node = Scheduler.Schedule(info, ++_seed).ShouldBeOfType<Placement>().NodeName;
        Cache.Assume(info, node).ShouldBeTrue();
        return node;
    }
}
