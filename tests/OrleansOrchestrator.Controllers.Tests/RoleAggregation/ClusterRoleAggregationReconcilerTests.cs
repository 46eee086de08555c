using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.RoleAggregation;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.RoleAggregation;

public sealed class ClusterRoleAggregationReconcilerTests
{
    private static readonly ObjectKey Admin = new("", "admin");

    private readonly ClusterRoleAggregationReconciler _reconciler = new();
    private readonly ClusterModel _cluster = new();

    [Fact]
    public void Role_WithAnAggregationRule_GetsTheRulesOfThoseThatItSelectsByName()
    {
        AddRole("zebra", "to-admin", Rule("get", "zebras"));
        AddRole("apes", "to-admin", Rule("get", "apes"), Rule("get", "pods"));
        AddRole("other", "to-view", Rule("get", "others"));
        AddAggregated("admin", "to-admin");

        _cluster.Settle(_reconciler, Admin);

        Resources(Admin).ShouldBe(["apes", "pods", "zebras"]);
    }

    [Fact]
    public void Role_WithSeveralSelectors_GetsEachRuleOnceInTheirOrder()
    {
        AddRole("a", "to-view", Rule("get", "pods"));
        AddRole("b", "to-admin", Rule("get", "pods"), Rule("delete", "pods"));
        AddAggregated("admin", "to-admin", "to-view");

        _cluster.Settle(_reconciler, Admin);

        _cluster.Find<V1ClusterRole>(Admin)!.Rules.Select(rule => rule.Verbs.Single()).ShouldBe(["get", "delete"]);
    }

    [Fact]
    public void Role_ChangedByHand_GetsItsAggregatedRulesBack()
    {
        AddRole("a", "to-admin", Rule("get", "pods"));
        AddAggregated("admin", "to-admin").Rules = [Rule("*", "secrets")];

        _cluster.Settle(_reconciler, Admin);

        Resources(Admin).ShouldBe(["pods"]);
    }

    [Fact]
    public void Role_WhoseSourcesAreGone_LosesTheirRules()
    {
        var source = AddRole("a", "to-admin", Rule("get", "pods"));
        AddAggregated("admin", "to-admin");
        _cluster.Settle(_reconciler, Admin);

        _cluster.Remove(source);
        _cluster.Settle(_reconciler, Admin);

        Resources(Admin).ShouldBeEmpty();
    }

    [Fact]
    public void Roles_ThatAggregateEachOther_ComeToRest()
    {
        var (one, two) = (AddAggregated("one", "to-one"), AddAggregated("two", "to-two"));
        one.Metadata.Labels = Label("to-two");
        two.Metadata.Labels = Label("to-one");
        AddRole("a", "to-one", Rule("get", "pods"));

        for (var round = 0; round < 2; round++)
        {
            _cluster.Settle(_reconciler, one.Key);
            _cluster.Settle(_reconciler, two.Key);
        }

        Resources(one.Key).ShouldBe(["pods"]);
        Resources(two.Key).ShouldBe(["pods"]);
        _cluster.Step(_reconciler, one.Key).Actions.ShouldBeEmpty();
    }

    [Fact]
    public void Role_WithoutAnAggregationRule_StaysAsItIs()
    {
        AddRole("a", "to-admin", Rule("get", "pods"));
        AddRole("admin", "none", Rule("get", "secrets"));

        _cluster.Step(_reconciler, Admin).Actions.ShouldBeEmpty();
    }

    private IEnumerable<string> Resources(ObjectKey key) => (_cluster.Find<V1ClusterRole>(key)!.Rules ?? []).SelectMany(rule => rule.Resources);

    private V1ClusterRole AddRole(string name, string label, params V1PolicyRule[] rules) =>
        _cluster.Add(new V1ClusterRole { Metadata = new V1ObjectMeta { Name = name, Labels = Label(label) }, Rules = rules });

    private V1ClusterRole AddAggregated(string name, params string[] labels) => _cluster.Add(new V1ClusterRole
    {
        Metadata = new V1ObjectMeta { Name = name },
        AggregationRule = new V1AggregationRule { ClusterRoleSelectors = [.. labels.Select(label => new V1LabelSelector { MatchLabels = Label(label) })] },
    });

    private static V1PolicyRule Rule(string verb, string resource) => new() { Verbs = [verb], ApiGroups = [""], Resources = [resource] };

    private static Dictionary<string, string> Label(string name) => new() { [name] = "true" };
}
