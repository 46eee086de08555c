using k8s.Models;
using OrleansOrchestrator.Scheduling.Tests.Building;
using static OrleansOrchestrator.Scheduling.Tests.Building.PodObjects;

namespace OrleansOrchestrator.Scheduling.Tests.Plugins;

public sealed class InterPodAffinityTests
{
    private const string Zone = "zone";

    private readonly Harness _harness = new(
        Nodes.Create("a1").WithLabel(Zone, "a"), Nodes.Create("a2").WithLabel(Zone, "a"), Nodes.Create("b1").WithLabel(Zone, "b"), Nodes.Create("none"));

    [Fact]
    public void Affinity_RunningCompanion_AllowsItsDomain() =>
        _harness.Running(Create("q").On("a1").WithLabel("app", "db"), Create("filler", "3").On("a1"))
            .Choices(Create("p").Near("db", Zone)).ShouldBe(["a2"]);

    [Fact]
    public void Affinity_NoCompanion_IsRejected() =>
        _harness.Refuse(Create("p").Near("db", Zone)).ShouldBe("0/4 nodes are available: 4 node(s) didn't match pod affinity rules.");

    [Fact]
    public void Affinity_FirstOfItsGroup_MayStart() =>
        _harness.Choices(Create("p").WithLabel("app", "db").Near("db", Zone)).ShouldBe(["a1", "a2", "b1"]);

    [Theory]
    [InlineData("none")]
    [InlineData("gone")]
    public void Affinity_CompanionsThatAreNowhere_LeaveTheNextOneTheFirstOfItsGroup(string node)
    {
        var harness = _harness.Running(Create("q").On(node).WithLabel("app", "db"));

        harness.Choices(Create("p").WithLabel("app", "db").Near("db", Zone)).ShouldBe(["a1", "a2", "b1"]);
    }

    [Fact]
    public void Affinity_CompanionInOtherNamespace_DoesNotCount()
    {
        var other = Create("q").On("a1").WithLabel("app", "db");
        other.Metadata.NamespaceProperty = "elsewhere";
        _harness.Running(other).Refuse(Create("p").Near("db", Zone)).ShouldContain("4 node(s) didn't match pod affinity rules");
    }

    [Fact]
    public void Affinity_NamespaceSelector_FindsCompanionElsewhere()
    {
        var other = Create("q").On("b1").WithLabel("app", "db");
        other.Metadata.NamespaceProperty = "elsewhere";
        var pod = Create("p").Near("db", Zone);
        pod.Spec.Affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution[0].NamespaceSelector =
            new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["team"] = "data" } };
        _harness.Running(other).Schedule(pod).ShouldBeOfType<Scheduling.Framework.Unschedulable>();
        _harness.Cache.SetNamespace(new V1Namespace
        {
            Metadata = new V1ObjectMeta { Name = "elsewhere", Labels = new Dictionary<string, string> { ["team"] = "data" } },
        });
        _harness.Place(pod).ShouldBe("b1");
    }

    [Fact]
    public void AntiAffinity_RunningPod_ForbidsItsDomain() =>
        _harness.Running(Create("q").On("a1").WithLabel("app", "db"))
            .Choices(Create("p").AwayFrom("db", Zone)).ShouldBe(["b1", "none"]);

    [Fact]
    public void AntiAffinity_CarriedByRunningPod_ForbidsItsDomain() =>
        _harness.Running(Create("q").On("a1").AwayFrom("web", Zone))
            .Choices(Create("p").WithLabel("app", "web")).ShouldBe(["b1", "none"]);

    [Fact]
    public void AntiAffinity_Reasons_TellTheDirection()
    {
        var harness = new Harness(Nodes.Create("a").WithLabel(Zone, "a"), Nodes.Create("b").WithLabel(Zone, "b"))
            .Running(Create("q").On("a").WithLabel("app", "db"), Create("r").On("b").AwayFrom("web", Zone));
        harness.Refuse(Create("p").WithLabel("app", "web").AwayFrom("db", Zone)).ShouldBe(
            "0/2 nodes are available: 1 node(s) didn't match pod anti-affinity rules, 1 node(s) didn't satisfy existing pods anti-affinity rules.");
    }

    [Fact]
    public void AntiAffinity_PodGone_LiftsTheBan()
    {
        _harness.Running(Create("q").On("a1").AwayFrom("web", Zone));
        _harness.Cache.RemovePod("uid-q");
        _harness.Choices(Create("p").WithLabel("app", "web")).ShouldBe(["a1", "a2", "b1", "none"]);
    }

    [Fact]
    public void AntiAffinity_ReplicasPerHost_OnePerNode()
    {
        var nodes = Enumerable.Range(0, 4)
            .Select(i => _harness.PlaceAndAssume(Create($"p{i}").WithLabel("app", "db").AwayFrom("db", "kubernetes.io/hostname"))).ToArray();
        nodes.Distinct().Count().ShouldBe(4);
        _harness.Refuse(Create("p5").WithLabel("app", "db").AwayFrom("db", "kubernetes.io/hostname"))
            .ShouldBe("0/4 nodes are available: 4 node(s) didn't match pod anti-affinity rules.");
    }

    [Fact]
    public void Preference_RunningPod_AttractsOrRepels()
    {
        _harness.Running(Create("q").On("b1").WithLabel("app", "db"));
        _harness.Choices(Create("p").Near("db", Zone, weight: 100)).ShouldBe(["b1"]);
        _harness.Choices(Create("p").AwayFrom("db", Zone, weight: 100)).ShouldBe(["a1", "a2", "none"]);
    }

    [Fact]
    public void Preference_CarriedByRunningPod_IsSymmetric() =>
        _harness.Running(Create("q").On("b1").Near("web", Zone, weight: 50))
            .Choices(Create("p").WithLabel("app", "web")).ShouldBe(["b1"]);

    [Fact]
    public void AntiAffinity_CarriedForSelectedNamespaces_FollowsTheirLabels()
    {
        var carrier = Create("q").On("a1").AwayFrom("web", Zone);
        var term = carrier.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution[0];
        term.NamespaceSelector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["team"] = "web" } };
        _harness.Running(carrier).Choices(Create("p").WithLabel("app", "web")).ShouldContain("a2");

        SetLabels("default", "web");
        _harness.Choices(Create("p").WithLabel("app", "web")).ShouldBe(["b1", "none"]);
        SetLabels("default", "other");
        _harness.Choices(Create("p").WithLabel("app", "web")).ShouldContain("a2");
    }

    [Fact]
    public void Preference_CarriedForANamespaceNamedAndSelected_CountsOnce()
    {
        var carrier = Create("q").On("b1").Near("web", Zone, weight: 50);
        var term = carrier.Spec.Affinity.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution[0].PodAffinityTerm;
        term.Namespaces = ["default"];
        term.NamespaceSelector = new V1LabelSelector();
        _harness.Running(carrier);
        _harness.Cache.Pods.CarriedTerms.Concerning("default", Create("p").WithLabel("app", "web").Info().Labels).Count.ShouldBe(1);
        _harness.Cache.Pods.CarriedTerms.Concerning("elsewhere", Create("p").WithLabel("app", "web").Info().Labels).Count.ShouldBe(1);
        _harness.Cache.RemovePod("uid-q");
        _harness.Cache.Pods.CarriedTerms.Concerning("default", Create("p").WithLabel("app", "web").Info().Labels).ShouldBeEmpty();
    }

    private void SetLabels(string name, string team) => _harness.Cache.SetNamespace(new V1Namespace
    {
        Metadata = new V1ObjectMeta { Name = name, Labels = new Dictionary<string, string> { ["team"] = team } },
    });
}
