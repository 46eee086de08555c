using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Placements;
using OrleansOrchestrator.Scheduling.Plugins;
using OrleansOrchestrator.Scheduling.Tests.Building;
using static OrleansOrchestrator.Scheduling.Tests.Building.PodObjects;

namespace OrleansOrchestrator.Scheduling.Tests.Framework;

public sealed class ProfileTests
{
    [Fact]
    public void Profile_WithoutAFilter_PlacesWhereTheFilterWouldNot()
    {
        var node = Nodes.Create("a").WithTaint("k", "v");
        new Harness(Options.Profiles("[{plugins: {filter: {disabled: [{name: TaintToleration}]}}}]"), node).Place(Create("p")).ShouldBe("a");
        new Harness(Options.Profiles("[{plugins: {multiPoint: {disabled: [{name: TaintToleration}]}}}]"), node).Place(Create("p")).ShouldBe("a");
        new Harness(Options.Profiles("[{plugins: {score: {disabled: [{name: '*'}]}}}]"), node).Refuse(Create("p")).ShouldContain("untolerated taint");
    }

    [Fact]
    public void Profile_WithAnotherWeight_PrefersWhatWeighsMore()
    {
        var full = Create("q", "3", "1Gi").On("a");
        var pod = Create("p", "1", "1Gi").Preferring(1, Labels("disk", "In", "ssd"));
        Pair().Running(full).Choices(pod).ShouldBe(["a"]);
        Pair("[{plugins: {score: {enabled: [{name: NodeResourcesFit, weight: 50}]}}}]").Running(full).Choices(pod).ShouldBe(["b"]);
        Pair("[{plugins: {multiPoint: {enabled: [{name: NodeResourcesFit, weight: 50}]}}}]").Running(full).Choices(pod).ShouldBe(["b"]);
        Pair("[{plugins: {score: {disabled: [{name: '*'}], enabled: [{name: NodeAffinity}]}}}]").Running(full).Choices(pod).ShouldBe(["a"]);
    }

    [Fact]
    public void Profile_WithListedSpreadConstraints_SpreadsWhereItMust()
    {
        var options = Options.Arguments(
            "PodTopologySpread", "{defaultingType: List, defaultConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}]}");
        var harness = new Harness(options, Nodes.Create("a").WithLabel("zone", "x"), Nodes.Create("b", cpu: "1").WithLabel("zone", "y"))
            .Running(Create("q").On("a").WithOwner("rs"));
        harness.Refuse(Create("p", "2").WithOwner("rs")).ShouldContain("didn't match pod topology spread constraints");
        harness.Place(Create("p", "1").WithOwner("rs")).ShouldBe("b");
        harness.Place(Create("p", "2").WithOwner("other")).ShouldBe("a");
    }

    [Fact]
    public void Profile_WithAddedAffinity_HoldsAllItsPodsToIt() =>
        new Harness(
            Options.Arguments("NodeAffinity", "{addedAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: pool, operator: In, values: [x]}]}]}}}"),
            Nodes.Create("a")).Refuse(Create("p")).ShouldBe("0/1 nodes are available: 1 node(s) didn't match scheduler-enforced node affinity.");

    [Fact]
    public void Profile_WithoutPreemption_EvictsNobody() =>
        new Harness(Options.Profiles("[{plugins: {postFilter: {disabled: [{name: DefaultPreemption}]}}}]"), Nodes.Create("a", cpu: "1"))
            .Running(Create("q", "1").On("a")).Preempt(Create("p", "1").WithPriority(5)).Outcome.NodeName.ShouldBeNull();

    [Fact]
    public void Profile_WithIgnoredResources_LeavesThemToOthers() =>
        new Harness(Options.Arguments("NodeResourcesFit", "{ignoredResourceGroups: [example.com]}"), Nodes.Create("a"))
            .Place(Create("p").WithResource("example.com/gpu", "1")).ShouldBe("a");

    [Fact]
    public void Profiles_OfSeveralNames_DecideDifferentlyOverOneCluster()
    {
        var cluster = new SchedulerCache(BuiltInPlugins.Registry.Inputs);
        var schedulers = Scheduler.CreateAll(cluster, Options.Profiles(
            "[{}, {schedulerName: packer, pluginConfig: [{name: NodeResourcesFit, args: {scoringStrategy: {type: MostAllocated}}}]}]"), BuiltInPlugins.Registry);
        schedulers.Keys.ShouldBe(["default-scheduler", "packer"], ignoreOrder: true);
        cluster.SetNode(Nodes.Create("a"));
        cluster.SetNode(Nodes.Create("b"));
        cluster.SetPod(Create("q", "1", "2Gi").On("a"));
        schedulers["default-scheduler"].Schedule(Create("p", "1", "2Gi").Info(), 1).ShouldBeOfType<Placement>().NodeName.ShouldBe("b");
        schedulers["packer"].Schedule(Create("p", "1", "2Gi").Info(), 1).ShouldBeOfType<Placement>().NodeName.ShouldBe("a");
    }

    [Fact]
    public void Options_Defaults_HaveNoFaults() => new SchedulerOptions().Faults().ShouldBeEmpty();

    [Fact]
    public void Options_ThatOnlyDisableWhatIsNotHere_HaveNoFaults() =>
        Options.Profiles("[{plugins: {score: {disabled: [{name: ImageLocality}]}}}]").Faults().ShouldBeEmpty();

    [Fact]
    public void Options_WithManyFaults_TellAllOfThemWithTheirPlaces()
    {
        var options = Options.Profiles(
            """
            - schedulerName: one
              percentageOfNodesToScore: 101
              pluggins: {}
              plugins:
                filter: {enabled: [{name: NodeFit}, {name: NodeResourcesBalancedAllocation}]}
                score: {enabled: [{name: NodeAffinity, weight: many}], disabled: [{name: TaintTolerations}]}
                bind: {disabled: [{name: DefaultBinder}]}
              pluginConfig:
              - name: NodeResourcesFit
                args: {scoringStrategy: {type: Best, resources: [{name: cpu, weight: 101}]}, strategy: {}}
              - name: Unknown
              - name: PodTopologySpread
                args: {defaultConstraints: [{maxSkew: 0, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}]}
            - schedulerName: one
            """) with
        { PodInitialBackoffSeconds = 0 };

        options.Faults().ShouldBe(
        [
            "PodInitialBackoffSeconds must be between 1 and 3600, but is 0.",
            "profiles[0].percentageOfNodesToScore: Invalid value: \"101\": must be a whole number between 0 and 100.",
            "profiles[0].pluggins: Forbidden: unknown field.",
            "profiles[0].plugins.score.enabled[0].weight: Invalid value: \"many\": must be a whole number between 0 and 10000.",
            "profiles[0].plugins.bind: Forbidden: plugins at this point cannot be changed.",
            "profiles[0].plugins.filter.enabled[0].name: Not found: \"NodeFit\".",
            "profiles[0].plugins.filter.enabled[1].name: Invalid value: \"NodeResourcesBalancedAllocation\": plugin \"NodeResourcesBalancedAllocation\" does not extend filter plugin.",
            "profiles[0].plugins.score.disabled[0].name: Not found: \"TaintTolerations\".",
            "profiles[0].pluginConfig[1].name: Not found: \"Unknown\".",
            "profiles[0].pluginConfig[0].args.scoringStrategy.type: Unsupported value: \"Best\": supported values: \"LeastAllocated\", \"MostAllocated\", \"RequestedToCapacityRatio\".",
            "profiles[0].pluginConfig[0].args.scoringStrategy.resources[0].weight: Invalid value: \"101\": must be a whole number between 1 and 100.",
            "profiles[0].pluginConfig[0].args.strategy: Forbidden: unknown field.",
            "profiles[0].pluginConfig[2].args.defaultConstraints[0].maxSkew: Invalid value: \"0\": must be a whole number between 1 and 2147483647.",
            "profiles[0].pluginConfig[2].args.defaultingType: Invalid value: \"System\": when .defaultConstraints are not empty, must be \"List\".",
            "profiles[1].schedulerName: Duplicate value: \"one\".",
        ], ignoreOrder: true);
        Should.Throw<ArgumentException>(() => Scheduler.CreateAll(new SchedulerCache(BuiltInPlugins.Registry.Inputs), options, BuiltInPlugins.Registry));
    }

    private static Harness Pair(string profiles = "[]") =>
        new(Options.Profiles(profiles), Nodes.Create("a").WithLabel("disk", "ssd"), Nodes.Create("b"));
}
