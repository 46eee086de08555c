using k8s.Models;
using OrleansOrchestrator.Scheduling.Tests.Building;
using static OrleansOrchestrator.Scheduling.Tests.Building.PodObjects;

namespace OrleansOrchestrator.Scheduling.Tests.Plugins;

public sealed class FilterTests
{
    [Fact]
    public void NodeUnschedulable_CordonedNode_IsRejected() =>
        new Harness(Nodes.Create("a").Cordoned()).Refuse(Create("p"))
            .ShouldBe("0/1 nodes are available: 1 node(s) were unschedulable.");

    [Fact]
    public void NodeUnschedulable_ToleratedTaint_Passes() =>
        new Harness(Nodes.Create("a").Cordoned()).Place(Create("p").WithToleration("node.kubernetes.io/unschedulable", op: "Exists")).ShouldBe("a");

    [Fact]
    public void NodeName_OtherNode_IsRejected() =>
        new Harness(Nodes.Create("a")).Refuse(Create("p").On("b"))
            .ShouldBe("0/1 nodes are available: 1 node(s) didn't match the requested node name.");

    [Theory]
    [InlineData("gpu", "yes", "Equal", "NoSchedule", true)]
    [InlineData("gpu", "yes", null, null, true)]
    [InlineData("gpu", "no", "Equal", "NoSchedule", false)]
    [InlineData("gpu", null, "Exists", null, true)]
    [InlineData(null, null, "Exists", null, true)]
    [InlineData("gpu", null, "Exists", "NoExecute", false)]
    [InlineData("disk", null, "Exists", null, false)]
    public void TaintToleration_Toleration_DecidesAsKubernetes(string? key, string? value, string? op, string? effect, bool passes)
    {
        var harness = new Harness(Nodes.Create("a").WithTaint("gpu", "yes"));
        var pod = Create("p").WithToleration(key, value, op, effect);
        if (passes)
            harness.Place(pod).ShouldBe("a");
        else
            harness.Refuse(pod).ShouldBe("0/1 nodes are available: 1 node(s) had untolerated taint {gpu: yes}.");
    }

    [Fact]
    public void TaintToleration_PreferNoSchedule_DoesNotReject() =>
        new Harness(Nodes.Create("a").WithTaint("old", "", "PreferNoSchedule")).Place(Create("p")).ShouldBe("a");

    [Theory]
    [InlineData("In", new[] { "ssd", "nvme" }, true)]
    [InlineData("In", new[] { "hdd" }, false)]
    [InlineData("NotIn", new[] { "hdd" }, true)]
    [InlineData("NotIn", new[] { "ssd" }, false)]
    [InlineData("Exists", new string[0], true)]
    [InlineData("DoesNotExist", new string[0], false)]
    public void NodeAffinity_LabelOperator_DecidesAsKubernetes(string op, string[] values, bool passes) =>
        AssertAffinity(Labels("disk", op, values), passes);

    [Theory]
    [InlineData("NotIn", new[] { "x" }, true)]
    [InlineData("In", new[] { "x" }, false)]
    [InlineData("DoesNotExist", new string[0], true)]
    [InlineData("Exists", new string[0], false)]
    [InlineData("Gt", new[] { "1" }, false)]
    public void NodeAffinity_AbsentLabel_DecidesAsKubernetes(string op, string[] values, bool passes) =>
        AssertAffinity(Labels("absent", op, values), passes);

    [Theory]
    [InlineData("Gt", "7", true)]
    [InlineData("Gt", "8", false)]
    [InlineData("Lt", "9", true)]
    [InlineData("Lt", "8", false)]
    [InlineData("Gt", "many", false)]
    public void NodeAffinity_NumericOperator_ComparesNumbers(string op, string bound, bool passes) =>
        AssertAffinity(Labels("cores", op, bound), passes);

    [Fact]
    public void NodeAffinity_EmptyTerm_MatchesNothing() => AssertAffinity(new V1NodeSelectorTerm(), passes: false);

    [Fact]
    public void NodeAffinity_TermsAreAlternatives_OneIsEnough() =>
        new Harness(Nodes.Create("a").WithLabel("disk", "ssd"))
            .Place(Create("p").Requiring(Labels("disk", "In", "hdd"), Labels("disk", "In", "ssd"))).ShouldBe("a");

    [Fact]
    public void NodeAffinity_SelectorAndTerms_BothMustMatch() =>
        new Harness(Nodes.Create("a").WithLabel("disk", "ssd"))
            .Refuse(Create("p").WithNodeSelector("zone", "x").Requiring(Labels("disk", "In", "ssd")))
            .ShouldBe("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.");

    [Fact]
    public void NodeAffinity_NodeNamedByField_OnlyThatNodeIsTried() =>
        new Harness(Nodes.Create("a"), Nodes.Create("b"), Nodes.Create("c", cpu: "1"))
            .Refuse(Create("p", cpu: "2").Requiring(Fields("In", "c")))
            .ShouldBe("0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity].");

    [Fact]
    public void NodeAffinity_NamesThatExcludeEachOther_IsTheFaultOfThePod()
    {
        var term = Fields("In", "a");
        term.MatchFields.Add(Fields("In", "b").MatchFields[0]);
        new Harness(Nodes.Create("a"), Nodes.Create("b")).Refuse(Create("p").Requiring(term))
            .ShouldBe("0/2 nodes are available: pod affinity terms conflict.");
    }

    [Theory]
    [InlineData(80, null, "TCP", false)]
    [InlineData(80, "10.0.0.1", "TCP", false)]
    [InlineData(80, null, "UDP", true)]
    [InlineData(81, null, "TCP", true)]
    [InlineData(443, "10.0.0.2", "TCP", true)]
    [InlineData(443, "10.0.0.1", "TCP", false)]
    [InlineData(443, "0.0.0.0", "TCP", false)]
    public void NodePorts_TakenPorts_RejectSameAddressProtocolAndPort(int port, string? ip, string protocol, bool passes)
    {
        var harness = new Harness(Nodes.Create("a")).Running(Create("q").On("a").WithHostPort(80).WithHostPort(443, "10.0.0.1"));
        var pod = Create("p").WithHostPort(port, ip, protocol);
        if (passes)
            harness.Place(pod).ShouldBe("a");
        else
            harness.Refuse(pod).ShouldBe("0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.");
    }

    [Theory]
    [InlineData("4", "8Gi", true)]
    [InlineData("4001m", "8Gi", false)]
    [InlineData("4", "8193Mi", false)]
    public void NodeResourcesFit_Request_FitsUpToAllocatable(string cpu, string memory, bool passes) =>
        new Harness(Nodes.Create("a")).Schedule(Create("p", cpu, memory))
            .ShouldBeOfType(passes ? typeof(Scheduling.Framework.Placement) : typeof(Scheduling.Framework.Unschedulable));

    [Fact]
    public void NodeResourcesFit_SeveralLacks_EachIsAReason() =>
        new Harness(Nodes.Create("a", cpu: "1", memory: "1Gi", pods: 0))
            .Refuse(Create("p", "2", "2Gi").WithResource("example.com/gpu", "1"))
            .ShouldBe("0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient example.com/gpu, 1 Insufficient memory, 1 Too many pods.");

    [Fact]
    public void NodeResourcesFit_ExtendedResource_IsCounted()
    {
        var harness = new Harness(Nodes.Create("a").WithResource("example.com/gpu", "2"));
        harness.PlaceAndAssume(Create("p1").WithResource("example.com/gpu", "1"));
        harness.PlaceAndAssume(Create("p2").WithResource("example.com/gpu", "1"));
        harness.Refuse(Create("p3").WithResource("example.com/gpu", "1")).ShouldBe("0/1 nodes are available: 1 Insufficient example.com/gpu.");
    }

    [Fact]
    public void NodeResourcesFit_OvercommittedNode_TakesPodsWithoutRequests() =>
        new Harness(Nodes.Create("a", cpu: "1")).Running(Create("q", cpu: "3").On("a")).Place(Create("p")).ShouldBe("a");

    private static void AssertAffinity(V1NodeSelectorTerm term, bool passes)
    {
        var harness = new Harness(Nodes.Create("a").WithLabel("disk", "ssd").WithLabel("cores", "8"));
        if (passes)
            harness.Place(Create("p").Requiring(term)).ShouldBe("a");
        else
            harness.Refuse(Create("p").Requiring(term)).ShouldBe("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.");
    }
}
