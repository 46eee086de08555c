using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Tests.Building;

namespace OrleansOrchestrator.Scheduling.Tests.Oracle;

public sealed class QueueingHintProperties
{
    private static readonly Gen<(int Kind, int Which, V1Node Node, V1Pod Pod, V1Pod Neighbour, int Priority)> Steps = Gen.Select(
        Gen.Int[0, 9], Gen.Int[0, 4], RandomCluster.Node(0), RandomCluster.Pod(0), RandomCluster.Neighbour(0), Gen.Int[0, 2]);

    [Fact]
    public void Move_WhateverChanges_NoPodSleepsAlthoughItFitsOrCouldMakeRoom() => Steps.Array[1, 60].Sample(steps =>
    {
        var cluster = new WaitingCluster();
        for (var i = 0; i < steps.Length; i++)
        {
            var (kind, which, node, plain, neighbour, priority) = steps[i];
            Apply(cluster, kind, which, node, i % 2 == 0 ? plain : neighbour, priority, i);
            cluster.TryAll();
            foreach (var pod in cluster.Sleeping)
            {
                var (result, preemption) = cluster.Judge(pod);
                result.ShouldBeOfType<Unschedulable>($"{pod.Metadata.Name} sleeps although it fits on {(result as Placement)?.NodeName}");
                // Who has had pods evicted waits for these first.
                if (cluster.Cache.Nominations.NodeOf(pod.Metadata.Uid) is null)
                    preemption!.NodeName.ShouldBeNull($"{pod.Metadata.Name} sleeps although it could make room");
            }
        }
    });

    [Fact]
    public void Move_PodsThatNodesAloneDecideAbout_AreWokenOnlyIfTheyFit() => Steps.Array[1, 60].Sample(steps =>
    {
        var cluster = new WaitingCluster();
        for (var i = 0; i < steps.Length; i++)
        {
            var (kind, which, node, pod, _, _) = steps[i];
            var woken = Apply(cluster, kind, which, node, pod, 0, i);
            foreach (var name in woken)
            {
                var wokenPod = PodOf(cluster, name);
                // One that saw no node, or only tainted ones, is to be told what the next one lacks.
                var failure = cluster.Queue.Find(wokenPod.Metadata.Uid)!.Failure!;
                if (failure.NodeCount == 0 || failure.Plugins.All(static plugin => plugin == "TaintToleration"))
                    continue;
                var (result, _) = cluster.Judge(wokenPod);
                result.ShouldBeOfType<Placement>($"{name} was woken in vain");
            }

            cluster.TryAll();
        }
    });

    private static V1Pod PodOf(WaitingCluster cluster, string name) => cluster.All.Single(pod => pod.Metadata.Name == name);

    private static string[] Apply(WaitingCluster cluster, int kind, int which, V1Node node, V1Pod pod, int priority, int step)
    {
        node.Metadata.Name = $"n{which}";
        node.Metadata.Labels["kubernetes.io/hostname"] = node.Metadata.Name;
        (pod.Metadata.Name, pod.Metadata.Uid) = ($"p{step}", $"uid-p{step}");
        pod.WithPriority(priority);
        var assigned = cluster.Cache.Pods.All.Select(record => record.Info.Uid).Order(StringComparer.Ordinal).ToList();
        switch (kind)
        {
            case 0 or 1:
                return cluster.WokenBy(cache => cache.SetNode(node));
            case 2:
                return cluster.WokenBy(cache => cache.RemoveNode(node.Metadata.Name));
            case 3:
                // Somebody else, as another scheduler does, assigns a pod.
                return cluster.WokenBy(cache => cache.SetPod(pod.On(node.Metadata.Name)));
            case 4 or 5 when assigned.Count > 0:
                var gone = assigned[(which + step) % assigned.Count];
                cluster.Victims.Remove(gone);
                return cluster.WokenBy(cache => cache.RemovePod(gone));
            case 6 when cluster.Victims.Count > 0:
                var victim = cluster.Victims.Order(StringComparer.Ordinal).First();
                cluster.Victims.Remove(victim);
                return cluster.WokenBy(cache => cache.RemovePod(victim));
            case 7 when cluster.Sleeping.Any():
                cluster.Delete(cluster.Sleeping.First().Metadata.Uid);
                return [];
            case 8:
                cluster.Waiting([.. Enumerable.Range(0, 3).Select(i => Alike(pod, i))]);
                return [];
            default:
                cluster.Waiting(pod);
                return [];
        }
    }

    private static V1Pod Alike(V1Pod pod, int number)
    {
        var alike = ObjectCodec.Clone(pod);
        (alike.Metadata.Name, alike.Metadata.Uid) = ($"{pod.Metadata.Name}-{number}", $"{pod.Metadata.Uid}-{number}");
        return alike;
    }
}
