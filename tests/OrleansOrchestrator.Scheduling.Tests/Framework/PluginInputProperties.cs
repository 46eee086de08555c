using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Plugins;
using OrleansOrchestrator.Scheduling.Pods;
using OrleansOrchestrator.Scheduling.Tests.Building;
using OrleansOrchestrator.Scheduling.Tests.Oracle;
using OrleansOrchestrator.Testing.Absurd;

namespace OrleansOrchestrator.Scheduling.Tests.Framework;

/// <summary>Plugins read what they declare, and pods that are equal in that are equal to every plugin.</summary>
public sealed class PluginInputProperties
{
    private static readonly Gen<V1Pod> AnyPod = Gen.OneOf(RandomCluster.Pod(0), RandomCluster.Neighbour(0));

    private static readonly Gen<V1Node[]> AnyNodes = Gen.Select(RandomCluster.Node(0), RandomCluster.Node(1), RandomCluster.Node(2), (a, b, c) => new[] { a, b, c });

    public static TheoryData<string> Names => [.. BuiltInPlugins.Registry.All.Select(plugin => plugin.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Plugin_OverPodsWithNothingButItsInputs_ReadsNothingElse(string name)
    {
        var factory = BuiltInPlugins.Registry.Find(name)!;
        Gen.Select(AnyNodes, AnyPod).Sample((nodes, pod) => Ask(factory, nodes, PodInfo.From(pod, new PodInputSet(factory.Reads))));
    }

    [Fact]
    public void Plugin_ThatReadsWhatItHasNotDeclared_IsCaught()
    {
        var factory = new PluginFactory<NosyFilter>("Nosy", static _ => new());
        var pod = PodInfo.From(PodObjects.Create("p"), new PodInputSet(factory.Reads));
        Should.Throw<InvalidOperationException>(() => Ask(factory, [Nodes.Create("a")], pod)).Message
            .ShouldBe("No plugin has declared that it reads the tolerations of pods.");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Pods_OfOneKey_AreTheSameToThePlugin(string name)
    {
        var factory = BuiltInPlugins.Registry.Find(name)!;
        var inputs = new PodInputSet(factory.Reads);
        Gen.Select(AnyNodes, AnyPod, AnyPod).Sample((nodes, left, right) =>
        {
            // Name, labels and owner are those of single pods, which no key has.
            right.Metadata = left.Metadata;
            var (one, other) = (PodInfo.From(left, inputs), PodInfo.From(right, inputs));
            if (one.Shape.Equals(other.Shape))
                Ask(factory, nodes, other).ShouldBe(Ask(factory, nodes, one));
        }, iter: 2_000);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Pod_ChangedInAnyOneField_HasAnotherKeyOrIsTheSameToThePlugin(string name)
    {
        var factory = BuiltInPlugins.Registry.Find(name)!;
        var inputs = new PodInputSet(factory.Reads);
        var nodes = new[] { Nodes.Create("a").WithTaint("dedicated", "team"), Nodes.Create("b").WithLabel("zone", "x") };
        var plain = (V1Pod)PlainObjects.Of(WellKnownResources.Pods);
        var one = PodInfo.From(plain, inputs);
        var said = Ask(factory, nodes, one);
        PlainObjects.Survey(WellKnownResources.Pods, absurd =>
        {
            // Name, labels and owner are those of single pods, which no key has.
            var other = PodInfo.From((V1Pod)absurd.Object with { Metadata = plain.Metadata }, inputs);
            // The node and the claims are those of single pods too.
            if (one.Shape.Equals(other.Shape) && one.NodeName == other.NodeName && one.Claims.SequenceEqual(other.Claims))
                Ask(factory, nodes, other).ShouldBe(said);
        }).ShouldBeEmpty();
    }

    [Fact]
    public void Key_ReplicasOfATemplate_IsOne()
    {
        var one = PodObjects.Create("p1", "1").WithOwner("rs").WithToleration("k", op: "Exists").SpreadOver("zone", 1, "web").Info();
        var other = PodObjects.Create("p2", "1").WithOwner("rs").WithLabel("hash", "2").WithToleration("k", op: "Exists").SpreadOver("zone", 1, "web").Info();
        other.Shape.ShouldBe(one.Shape);
    }

    /// <summary>All that a plugin says about a pod and some nodes, at every point.</summary>
    private static string Ask(PluginFactory factory, V1Node[] nodes, PodInfo pod)
    {
        var harness = new Harness(nodes);
        var cluster = harness.Cache;
        harness.Running(PodObjects.Create("q", "1").WithLabel("app", "1").WithHostPort(80).AwayFrom("0", "zone").On("n1"));
        var plugin = factory.Create(new PluginContext(Scheduling.Configuration.ConfigurationReader.Empty, cluster, Trial.None));
        var said = new List<string>();
        var cycle = SinglePlugin.Begin(cluster, pod);
        if (plugin is IPreFilter preFilter)
            said.Add(preFilter.PreFilter(cycle) ?? "-");
        var passes = new bool[cluster.Nodes.RowLimit];
        Array.Fill(passes, true);
        if (plugin is INodeFilter filter && filter.Applies(pod.Shape))
        {
            filter.FilterAll(pod.Shape, cluster.Nodes, passes);
            for (var row = 0; row < passes.Length; row++)
                said.Add(filter.Passes(pod.Shape, cluster.Nodes, row) ? "passes" : filter.Explain(pod.Shape, cluster.Nodes, row).ToString());
            said.Add(string.Join(',', passes));
        }

        var sums = new int[passes.Length];
        if (plugin is INodeScore score && score.Applies(pod.Shape, cluster.Nodes))
            score.AddAll(pod.Shape, cluster.Nodes, passes, sums, 1);
        var candidates = new CandidateSet(cluster);
        candidates.Reset(cycle, sums);
        if (plugin is IClusterFilter clusterFilter && clusterFilter.Filters(cycle))
            clusterFilter.Filter(candidates);
        if (plugin is IClusterScore clusterScore && clusterScore.Scores(cycle))
            clusterScore.Score(candidates, 1);
        said.AddRange(candidates.Scores.ToArray().Select((sum, row) => $"{sum} {string.Join(',', candidates.RejectionOf(row)?.Reasons ?? [])}"));
        return string.Join('\n', said);
    }

    private sealed class NosyFilter : INodeFilter
    {
        public bool ReadsNodeOnly => true;

        public bool Applies(PodShape shape) => shape.Tolerations.Length == 0;

        public bool Passes(PodShape shape, NodeTable nodes, int row) => true;

        public Rejection Explain(PodShape shape, NodeTable nodes, int row) => new("Nosy", "", false);
    }
}
