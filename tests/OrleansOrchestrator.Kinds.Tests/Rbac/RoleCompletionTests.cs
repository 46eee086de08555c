using k8s.Models;
using OrleansOrchestrator.Kinds.Rbac;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Kinds.Tests.Rbac;

public sealed class RoleCompletionTests
{
    private static V1ClusterRole Wanted => DefaultRoles.ClusterRoles().Single(role => role.Metadata.Name == "system:basic-user");

    private static V1ClusterRoleBinding Binding => DefaultRoles.ClusterRoleBindings().Single(binding => binding.Metadata.Name == "system:discovery");

    [Fact]
    public void Complete_OfAWholeRole_ChangesNothing()
    {
        foreach (var role in DefaultRoles.ClusterRoles())
            RoleCompletion.Complete(ObjectCodec.Clone(role), role).ShouldBeNull(role.Metadata.Name);
        foreach (var binding in DefaultRoles.ClusterRoleBindings())
            RoleCompletion.Complete(ObjectCodec.Clone(binding), binding).ShouldBeNull(binding.Metadata.Name);
    }

    [Fact]
    public void Complete_OfARoleThatLostRules_AddsThemAndKeepsOthers()
    {
        var present = Wanted;
        present.Rules = [present.Rules[0], new V1PolicyRule { Verbs = ["get"], ApiGroups = [""], Resources = ["nodes"] }];
        present.Metadata.Labels = new Dictionary<string, string> { ["mine"] = "yes" };

        var completed = RoleCompletion.Complete(present, Wanted).ShouldNotBeNull();

        RuleCoverage.Missing(completed.Rules, Wanted.Rules).ShouldBeEmpty();
        completed.Rules.Count.ShouldBe(3);
        completed.Rules.ShouldContain(rule => rule.Resources.Contains("nodes"));
        completed.Metadata.Labels.ShouldContainKeyAndValue("mine", "yes");
        completed.Metadata.Labels.ShouldContainKey("kubernetes.io/bootstrapping");
    }

    [Fact]
    public void Complete_OfARoleThatIsToBeLeftAlone_ChangesNothing()
    {
        var (role, binding) = (Wanted, Binding);
        (role.Rules, binding.Subjects) = ([], []);
        role.Metadata.Annotations[DefaultRoles.AutoUpdate] = binding.Metadata.Annotations[DefaultRoles.AutoUpdate] = "false";

        RoleCompletion.Complete(role, Wanted).ShouldBeNull();
        RoleCompletion.Complete(binding, Binding).ShouldBeNull();
        RoleCompletion.IsOfAnotherRole(binding.Metadata, new V1RoleRef { Name = "other" }, Binding.RoleRef).ShouldBeFalse();
    }

    [Fact]
    public void Complete_OfABinding_AddsSubjectsAndKeepsOthers()
    {
        var present = Binding;
        present.Subjects = [new Rbacv1Subject { Kind = "Group", ApiGroup = "rbac.authorization.k8s.io", Name = "system:unauthenticated" }];

        RoleCompletion.Complete(present, Binding).ShouldNotBeNull().Subjects.Select(subject => subject.Name).ShouldBe(["system:unauthenticated", "system:authenticated"]);
    }

    [Fact]
    public void Complete_OfAnAggregatedRole_LeavesRulesToTheController()
    {
        var wanted = DefaultRoles.ClusterRoles().Single(role => role.Metadata.Name == "edit");
        var present = ObjectCodec.Clone(wanted);
        present.Rules = [];
        RoleCompletion.Complete(present, wanted).ShouldBeNull();

        present.AggregationRule = null;
        RoleCompletion.Complete(present, wanted).ShouldNotBeNull().AggregationRule.ClusterRoleSelectors.ShouldHaveSingleItem();
    }
}
