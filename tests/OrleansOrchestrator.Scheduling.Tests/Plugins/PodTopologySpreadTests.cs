using OrleansOrchestrator.Scheduling.Tests.Building;
using static OrleansOrchestrator.Scheduling.Tests.Building.PodObjects;

namespace OrleansOrchestrator.Scheduling.Tests.Plugins;

public sealed class PodTopologySpreadTests
{
    private const string Zone = "zone";

    [Fact]
    public void Required_CrowdedZone_IsRejected() =>
        Zones().Running(Create("q").On("a").WithLabel("app", "web")).Choices(Web("p").SpreadOver(Zone, 1, "web")).ShouldBe(["b", "c"]);

    [Fact]
    public void Required_Replicas_StayWithinTheSkew()
    {
        var harness = Zones();
        var nodes = Enumerable.Range(0, 9).Select(i => harness.PlaceAndAssume(Web($"p{i}").SpreadOver(Zone, 1, "web"))).ToArray();
        nodes.CountBy(node => node).ShouldAllBe(count => count.Value == 3);
    }

    [Fact]
    public void Required_EmptiestZoneFull_FailsWithReason()
    {
        var harness = new Harness(Nodes.Create("a").WithLabel(Zone, "a"), Nodes.Create("b", cpu: "1").WithLabel(Zone, "b"), Nodes.Create("none"))
            .Running(Create("q", "1").On("a").WithLabel("app", "web"));
        harness.Refuse(Create("p", "2").WithLabel("app", "web").SpreadOver(Zone, 1, "web")).ShouldBe(
            "0/3 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match pod topology spread constraints, "
            + "1 node(s) didn't match pod topology spread constraints (missing required label).");
    }

    [Fact]
    public void Required_FewerDomainsThanMinimum_CountsTheEmptiestAsEmpty()
    {
        var harness = Zones();
        harness.Running(Create("q").On("a").WithLabel("app", "web"), Create("r").On("b").WithLabel("app", "web"), Create("s").On("c").WithLabel("app", "web"));
        harness.Schedule(Web("p").SpreadOver(Zone, 1, "web", minDomains: 3)).ShouldBeOfType<Scheduling.Framework.Placement>();
        harness.Refuse(Web("p").SpreadOver(Zone, 1, "web", minDomains: 4))
            .ShouldBe("0/3 nodes are available: 3 node(s) didn't match pod topology spread constraints.");
    }

    [Fact]
    public void Required_ZonesThatAffinityExcludes_DoNotCount() =>
        Zones().Running(Create("q").On("a").WithLabel("app", "web"), Create("r").On("b").WithLabel("app", "web"))
            .Choices(Web("p").SpreadOver(Zone, 1, "web").Requiring(Labels(Zone, "In", "a", "b"))).ShouldBe(["a", "b"]);

    [Fact]
    public void Required_TerminatingPods_DoNotCount()
    {
        var leaving = Create("q").On("a").WithLabel("app", "web");
        leaving.Metadata.DeletionTimestamp = new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        Zones().Running(leaving, Create("r", "4").On("b"), Create("s", "4").On("c"))
            .Place(Create("p", "1").WithLabel("app", "web").SpreadOver(Zone, 1, "web")).ShouldBe("a");
    }

    [Fact]
    public void Preferred_CrowdedZone_IsOnlyAvoided()
    {
        var harness = Zones().Running(Create("q").On("a").WithLabel("app", "web"), Create("r").On("b").WithLabel("app", "web"));
        harness.Choices(Web("p").SpreadOver(Zone, 1, "web", isRequired: false)).ShouldBe(["c"]);
        harness.Place(Web("p").SpreadOver(Zone, 1, "web", isRequired: false).WithNodeSelector(Zone, "a")).ShouldBe("a");
    }

    [Fact]
    public void Default_PodsOfAService_AvoidEachOther()
    {
        var harness = Zones().With(Service("web", ("app", "web"))).Running(Web("q").On("a"), Create("r").On("b"), Create("s").On("c"));
        harness.Choices(Web("p")).ShouldBe(["b", "c"]);
        harness.Choices(Web("p").WithOwner("job", "Job")).ShouldBe(["b", "c"]);
    }

    [Fact]
    public void Default_PodsOfSeveralServices_CountIfAllSelectThem()
    {
        var harness = Zones().With(Service("web", ("app", "web")), Service("front", ("tier", "front"), ("app", "web")))
            .Running(Web("q").On("a"), Web("r").On("b").WithLabel("tier", "front"), Create("s").On("c"));
        harness.Choices(Web("p").WithLabel("tier", "front")).ShouldBe(["a", "c"]);
        harness.Choices(Web("p")).ShouldBe(["c"]);
    }

    [Fact]
    public void Default_WithoutAServiceThatSelectsIt_NothingIsAvoided()
    {
        var elsewhere = Service("elsewhere", ("app", "web"));
        elsewhere.Metadata.NamespaceProperty = "other";
        Zones().With(Service("other", ("app", "other")), Service("none"), Service("web", ("app", "web"), ("tier", "front")), elsewhere)
            .Running(Web("q").On("a"), Create("r").On("b"), Create("s").On("c")).Choices(Web("p")).ShouldBe(["a", "b", "c"]);
    }

    [Fact]
    public void Default_ServiceThatChangesOrGoes_CountsAsItIs()
    {
        var harness = Zones().With(Service("web", ("app", "other"))).Running(Web("q").On("a"), Create("r").On("b"), Create("s").On("c"));
        harness.Choices(Web("p")).ShouldBe(["a", "b", "c"]);
        harness.With(Service("web", ("app", "web"))).Choices(Web("p")).ShouldBe(["b", "c"]);
        harness.Cache.RemoveObject(Scheduling.Cluster.ObjectInputs.Services, new Model.Resources.ObjectKey("default", "web"));
        harness.Choices(Web("p")).ShouldBe(["a", "b", "c"]);
    }

    [Fact]
    public void Default_ListedConstraint_KeepsPodsOfAServiceApart()
    {
        var options = Options.Arguments("PodTopologySpread", "{defaultingType: List, defaultConstraints: [{topologyKey: zone, maxSkew: 1, whenUnsatisfiable: DoNotSchedule}]}");
        var harness = new Harness(options, Nodes.Create("a").WithLabel(Zone, "a"), Nodes.Create("b", pods: 0).WithLabel(Zone, "b"))
            .With(Service("web", ("app", "web"))).Running(Web("q").On("a"));
        harness.Refuse(Web("p")).ShouldContain("node(s) didn't match pod topology spread constraints");
        harness.Place(Create("p").WithLabel("app", "other")).ShouldBe("a");
    }

    private static k8s.Models.V1Service Service(string name, params (string Key, string Value)[] selector) => new()
    {
        Metadata = new k8s.Models.V1ObjectMeta { Name = name, NamespaceProperty = "default" },
        Spec = new k8s.Models.V1ServiceSpec { Selector = selector.ToDictionary(pair => pair.Key, pair => pair.Value) },
    };

    private static k8s.Models.V1Pod Web(string name) => Create(name).WithLabel("app", "web");

    private static Harness Zones() => new(
        Nodes.Create("a").WithLabel(Zone, "a"), Nodes.Create("b").WithLabel(Zone, "b"), Nodes.Create("c").WithLabel(Zone, "c"));
}
