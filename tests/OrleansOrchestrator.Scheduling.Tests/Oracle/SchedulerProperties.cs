using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Placements;
using OrleansOrchestrator.Scheduling.Tests.Building;

namespace OrleansOrchestrator.Scheduling.Tests.Oracle;

public sealed class SchedulerProperties
{
    private static readonly Gen<(V1Node[] Nodes, V1Pod[] Pods)> Clusters = Gen.Select(
        Gen.Int[1, 40].SelectMany(count => Many(count, RandomCluster.Node)), Gen.Int[1, 30].SelectMany(count => Many(count, RandomCluster.Pod)));

    private static readonly Gen<(V1Node[] Nodes, V1Pod[] Pods)> Neighbourhoods = Gen.Select(
        Gen.Int[1, 8].SelectMany(count => Many(count, RandomCluster.Node)), Gen.Int[1, 20].SelectMany(count => Many(count, RandomCluster.Neighbour)));

    [Fact]
    public void Schedule_PodsThatCareAboutEachOther_PlacesExactlyWhatTheOracleFinds() => Neighbourhoods.Sample(cluster =>
    {
        var harness = new Harness(cluster.Nodes);
        var running = cluster.Nodes.ToDictionary(node => node.Metadata.Name, _ => new List<V1Pod>());
        foreach (var pod in cluster.Pods)
        {
            var fitting = cluster.Nodes.Where(node => NaiveFilter.Fits(pod, node, running[node.Metadata.Name])
                && NaiveNeighbours.Allows(pod, node, cluster.Nodes, running)).Select(node => node.Metadata.Name);
            if (harness.Schedule(pod) is not Placement placement)
            {
                fitting.ShouldBeEmpty();
                continue;
            }

            fitting.ShouldContain(placement.NodeName);
            running[placement.NodeName].Add(pod);
            harness.Cache.Assume(pod.Info(), placement.NodeName);
        }
    });

    [Theory]
    [InlineData(100)]
    [InlineData(1)]
    public void Schedule_RandomCluster_PlacesExactlyWhatTheOracleFinds(int percentage) => Clusters.Sample(cluster =>
    {
        var harness = new Harness(new SchedulerOptions { PercentageOfNodesToScore = percentage }, cluster.Nodes);
        var running = cluster.Nodes.ToDictionary(node => node.Metadata.Name, _ => new List<V1Pod>());
        foreach (var pod in cluster.Pods)
        {
            var fitting = cluster.Nodes.Where(node => NaiveFilter.Fits(pod, node, running[node.Metadata.Name])).Select(node => node.Metadata.Name);
            if (harness.Schedule(pod) is not Placement placement)
            {
                fitting.ShouldBeEmpty();
                continue;
            }

            fitting.ShouldContain(placement.NodeName);
            running[placement.NodeName].Add(pod);
            harness.Cache.Assume(pod.Info(), placement.NodeName);
        }
    });

    [Fact]
    public void Schedule_Failure_CountsEveryNode() => Clusters.Sample(cluster =>
    {
        var harness = new Harness(cluster.Nodes);
        foreach (var pod in cluster.Pods)
        {
            if (harness.Schedule(pod) is Unschedulable failure)
                failure.Reasons.Sum(reason => reason.Value).ShouldBeGreaterThanOrEqualTo(cluster.Nodes.Length);
        }
    });

    [Fact]
    public void Cache_RandomChanges_EqualsOneBuiltFromScratch() =>
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 9], Gen.Int[0, 15], Gen.Int[0, 3]).Array[1, 150].Sample(operations =>
        {
            var changed = new Harness();
            var nodes = new Dictionary<string, V1Node>(StringComparer.Ordinal);
            var pods = new Dictionary<string, V1Pod>(StringComparer.Ordinal);
            foreach (var (operation, pod, node, variant) in operations)
            {
                Apply(changed.Cache, nodes, pods, operation, pod, node, variant);
                // Asking in between makes the kept evaluations old, which is what must not show.
                changed.Schedule(Probe(1));
                changed.Schedule(Probe(variant));
            }

            var rebuilt = new Harness([.. nodes.Values]);
            rebuilt.Running([.. pods.Values]);
            CacheText.Write(changed.Cache).ShouldBe(CacheText.Write(rebuilt.Cache));
            for (var variant = 0; variant <= 4; variant++)
            {
                var probe = Probe(variant);
                Describe(changed.Schedule(probe)).ShouldBe(Describe(rebuilt.Schedule(probe)));
            }
        });

    private static V1Pod Probe(int variant) => PodObjects.Create("probe", $"{variant}").WithOwner("rs").WithHostPort(8080);

    private static string Describe(SchedulingResult result) =>
        result is Unschedulable failure ? failure.Message : $"score {((Placement)result).Score}";

    private static void Apply(
        SchedulerCache cache, Dictionary<string, V1Node> nodes, Dictionary<string, V1Pod> pods, int operation, int pod, int node, int variant)
    {
        var nodeName = $"n{node}";
        var podObject = PodObjects.Create($"p{pod}", $"{variant}").WithLabel("app", $"{variant % 2}").WithOwner("rs").On(nodeName);
        if (pod < 2)
            podObject.WithHostPort(8080);
        switch (operation)
        {
            case 0 or 1:
                nodes[nodeName] = Nodes.Create(nodeName, $"{variant + 1}", $"{variant + 1}Gi").WithLabel("topology.kubernetes.io/zone", $"z{variant % 2}");
                if (pod == 0)
                    nodes[nodeName].Cordoned();
                if (pod is 1 or 2)
                    nodes[nodeName].WithTaint("dedicated", "team", pod == 1 ? "NoSchedule" : "PreferNoSchedule");
                cache.SetNode(nodes[nodeName]);
                break;
            case 2:
                nodes.Remove(nodeName);
                cache.RemoveNode(nodeName);
                break;
            case 3:
                pods.Remove(podObject.Metadata.Uid);
                cache.RemovePod(podObject.Metadata.Uid);
                break;
            case 4 when !pods.ContainsKey(podObject.Metadata.Uid):
                cache.Assume(podObject.Info(), nodeName);
                cache.Forget(podObject.Info());
                break;
            default:
                pods[podObject.Metadata.Uid] = podObject;
                cache.SetPod(podObject);
                break;
        }
    }

    private static Gen<T[]> Many<T>(int count, Func<int, Gen<T>> create) =>
        Enumerable.Range(0, count).Select(create).Aggregate(Gen.Const(Array.Empty<T>()), (all, one) => Gen.Select(all, one, (items, item) => (T[])[.. items, item]));
}
