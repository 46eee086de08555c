using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Plugins;
using OrleansOrchestrator.Scheduling.Pods;
using OrleansOrchestrator.Scheduling.Tests.Building;

namespace OrleansOrchestrator.Scheduling.Tests.Oracle;

/// <summary>What filters have counted for an attempt follows the pods that come and go for a trial.</summary>
public sealed class TrialProperties
{
    private static readonly Gen<(V1Node[] Nodes, (V1Pod Pod, int Node)[] Running, V1Pod Pod, int[] Steps)> Stories = Gen.Select(
        Gen.Int[1, 6].SelectMany(count => Many(count, RandomCluster.Node)),
        Gen.Int[1, 14].SelectMany(count => Many(count, index => Gen.Select(RandomCluster.Neighbour(index), Gen.Int[0, 5]))),
        RandomCluster.Neighbour(100),
        Gen.Int[0, 13].Array[1, 12]);

    [Fact]
    public void Check_PodsComeAndGo_SaysWhatANewAttemptSays() => Stories.Sample(story =>
    {
        var cache = new Harness(story.Nodes).Cache;
        foreach (var (running, node) in story.Running)
            cache.SetPod(running.On(story.Nodes[node % story.Nodes.Length].Metadata.Name));
        var pod = story.Pod.Info();
        foreach (var name in (string[])[nameof(PodTopologySpread), nameof(InterPodAffinity)])
        {
            var plugin = (IClusterFilter)SinglePlugin.Create(name, cache);
            var cycle = SinglePlugin.Begin(cache, pod);
            Verdicts(plugin, cycle, cache).ShouldBe(VerdictsOfNewAttempt(plugin, cache, pod));
            var gone = new Dictionary<int, AbsentPod>();
            foreach (var step in story.Steps)
            {
                var index = step % story.Running.Length;
                if (gone.Remove(index, out var absent))
                {
                    plugin.Note(cycle, cache.PutBack(absent), 1);
                }
                else
                {
                    var leaving = cache.Pods.Find(story.Running[index].Pod.Metadata.Uid)!;
                    plugin.Note(cycle, leaving, -1);
                    gone.Add(index, cache.TakeAway(leaving));
                }

                Verdicts(plugin, cycle, cache).ShouldBe(VerdictsOfNewAttempt(plugin, cache, pod));
            }

            foreach (var absent in gone.Values)
                cache.PutBack(absent);
        }
    });

    private static string Verdicts(IClusterFilter plugin, CycleState cycle, SchedulerCache cache) => !plugin.Filters(cycle)
        ? "none"
        : string.Join('\n', Enumerable.Range(0, cache.Nodes.RowLimit).Select(row => plugin.Check(cycle, row)?.Reasons[0] ?? "-"));

    /// <summary>Filters all nodes at once, as an attempt does that has not counted yet.</summary>
    private static string VerdictsOfNewAttempt(IClusterFilter plugin, SchedulerCache cache, PodInfo pod)
    {
        var cycle = SinglePlugin.Begin(cache, pod);
        if (!plugin.Filters(cycle))
            return "none";
        var candidates = new CandidateSet(cache);
        candidates.Reset(cycle, new int[cache.Nodes.RowLimit]);
        plugin.Filter(candidates);
        return string.Join('\n', Enumerable.Range(0, cache.Nodes.RowLimit).Select(row => candidates.RejectionOf(row)?.Reasons[0] ?? "-"));
    }

    private static Gen<T[]> Many<T>(int count, Func<int, Gen<T>> create) =>
        Enumerable.Range(0, count).Select(create).Aggregate(Gen.Const(Array.Empty<T>()), (all, one) => Gen.Select(all, one, (items, item) => (T[])[.. items, item]));
}
