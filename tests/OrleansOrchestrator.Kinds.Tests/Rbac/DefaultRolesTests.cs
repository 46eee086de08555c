using k8s.Models;
using OrleansOrchestrator.Kinds.Rbac;
using OrleansOrchestrator.Model.Validation;
using KubeObject = k8s.IKubernetesObject<k8s.Models.V1ObjectMeta>;

namespace OrleansOrchestrator.Kinds.Tests.Rbac;

public sealed class DefaultRolesTests
{
    private static readonly string[] Reading = ["get", "list", "watch"];

    [Fact]
    public void Defaults_AreValidAndMarked()
    {
        IEnumerable<Default> all =
        [
            .. DefaultRoles.ClusterRoles().Select(obj => new Default("clusterroles", obj)),
            .. DefaultRoles.Roles().Select(obj => new Default("roles", obj)),
            .. DefaultRoles.ClusterRoleBindings().Select(obj => new Default("clusterrolebindings", obj)),
            .. DefaultRoles.RoleBindings().Select(obj => new Default("rolebindings", obj)),
        ];

        foreach (var (plural, obj) in all)
        {
            FaultsOf(plural, obj).ShouldBeEmpty(obj.Metadata.Name);
            obj.Metadata.Labels["kubernetes.io/bootstrapping"].ShouldBe("rbac-defaults");
            obj.Metadata.Annotations["rbac.authorization.kubernetes.io/autoupdate"].ShouldBe("true");
        }

        all.GroupBy(one => (one.Plural, one.Object.Metadata.Name)).ShouldAllBe(same => same.Count() == 1);
        JoinBindings.ClusterRoleBindings().ShouldAllBe(binding => FaultsOf("clusterrolebindings", binding).Count == 0);
        JoinBindings.Roles().ShouldAllBe(role => FaultsOf("roles", role).Count == 0);
        JoinBindings.RoleBindings().ShouldAllBe(binding => FaultsOf("rolebindings", binding).Count == 0);
    }

    [Fact]
    public void Bindings_AreOfRolesThatExist()
    {
        var roles = DefaultRoles.ClusterRoles().Select(role => role.Metadata.Name).ToHashSet();

        DefaultRoles.ClusterRoleBindings().Concat(JoinBindings.ClusterRoleBindings()).ShouldAllBe(binding => roles.Contains(binding.RoleRef.Name));
    }

    [Fact]
    public void View_ReadsAndNothingElse_AndNoSecrets()
    {
        var view = RulesOf("view");

        view.ShouldAllBe(rule => rule.Verbs.All(verb => Reading.Contains(verb)));
        view.SelectMany(rule => rule.Resources).ShouldNotContain("secrets", "a secret of a service account is more than a viewer may do");
        view.SelectMany(rule => rule.ApiGroups).ShouldNotContain("rbac.authorization.k8s.io");
    }

    [Theory]
    [InlineData("view", "edit")]
    [InlineData("edit", "admin")]
    [InlineData("admin", "cluster-admin")]
    public void Role_IsCoveredByTheNextStrongerOne_AndNotTheOtherWayRound(string weaker, string stronger)
    {
        RuleCoverage.Missing(RulesOf(stronger), RulesOf(weaker)).ShouldBeEmpty();
        RuleCoverage.Missing(RulesOf(weaker), RulesOf(stronger)).ShouldNotBeEmpty();
    }

    [Fact]
    public void Everybody_SeesNothingButHealthAndVersion()
    {
        var open = DefaultRoles.ClusterRoleBindings().Where(binding => binding.Subjects.Any(subject => subject.Name == "system:unauthenticated")).ShouldHaveSingleItem();
        RulesOf(open.RoleRef.Name).ShouldHaveSingleItem().NonResourceURLs.ShouldBe(["/healthz", "/livez", "/readyz", "/version", "/version/"]);
    }

    private static IList<V1PolicyRule> RulesOf(string role) => DefaultRoles.ClusterRoles().Single(one => one.Metadata.Name == role).Rules;

    private static IReadOnlyList<FieldError> FaultsOf(string plural, KubeObject obj)
    {
        var errors = new FieldErrors();
        BuiltInKinds.Registry[new Model.Resources.ResourceName(plural, "rbac.authorization.k8s.io")].Storage.Validate(obj, errors);
        return errors.All;
    }

    private sealed record Default(string Plural, KubeObject Object);
}
