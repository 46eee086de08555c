namespace OrleansOrchestrator.Kinds.Tests.Rbac;

public class AccessKindTests
{
    private const string Binding = "{'metadata':{'name':'b'},'roleRef':{'kind':'ClusterRole','name':'view'},'subjects':[]}";

    private static readonly KindCase Roles = new("roles", "rbac.authorization.k8s.io");
    private static readonly KindCase ClusterRoles = new("clusterroles", "rbac.authorization.k8s.io");
    private static readonly KindCase Bindings = new("rolebindings", "rbac.authorization.k8s.io");
    private static readonly KindCase ClusterBindings = new("clusterrolebindings", "rbac.authorization.k8s.io");

    [Theory]
    [InlineData("'verbs':['get'],'apiGroups':[''],'resources':['pods']", "")]
    [InlineData("'apiGroups':[''],'resources':['pods']", "rules[0].verbs: Required value: verbs must contain at least one value")]
    [InlineData("'verbs':['get'],'resources':['pods']", "rules[0].apiGroups: Required value: resource rules must supply at least one api group")]
    [InlineData("'verbs':['get'],'apiGroups':['']", "rules[0].resources: Required value: resource rules must supply at least one resource")]
    [InlineData("'verbs':['get'],'nonResourceURLs':['/healthz']", "rules[0].nonResourceURLs: Invalid value: [\"/healthz\"]: namespaced rules cannot apply to non-resource URLs")]
    public void Role_Faults_AreTold(string rule, string fault) =>
        Roles.Faults($"{{'metadata':{{'name':'r'}},'rules':[{{{rule}}}]}}").ShouldBe(fault);

    [Theory]
    [InlineData("'rules':[{'verbs':['get'],'nonResourceURLs':['/healthz']}]", "")]
    [InlineData("'rules':[{'verbs':['get'],'nonResourceURLs':['/x'],'resources':['pods']}]", "rules[0].nonResourceURLs: Invalid value: [\"/x\"]: rules cannot apply to both regular resources and non-resource URLs")]
    [InlineData("'aggregationRule':{'clusterRoleSelectors':[{'matchLabels':{'a':'b'}}]}", "")]
    [InlineData("'aggregationRule':{}", "aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil")]
    public void ClusterRole_Faults_AreTold(string part, string fault) =>
        ClusterRoles.Faults($"{{'metadata':{{'name':'r'}},{part}}}").ShouldBe(fault);

    [Theory]
    [InlineData("system:node", "")]
    [InlineData("a/b", "may not contain '/'")]
    [InlineData("50%", "may not contain '%'")]
    [InlineData("..", "may not be '..'")]
    public void Names_OfRolesAndBindings_ArePathSegments(string name, string fault)
    {
        foreach (var kind in new[] { Roles, ClusterRoles, Bindings, ClusterBindings })
        {
            string.Join('\n', kind.Definition.ValidateName(name)).ShouldBe(fault);
            kind.Definition.AllowCreateOnUpdate.ShouldBeTrue();
        }
    }

    [Fact]
    public void Binding_Defaults_FillGroups() => KindCase.ShouldBeJson(
        Bindings.Created(KindCase.Merge(Binding, "{'subjects':[{'kind':'User','name':'jane'},{'kind':'ServiceAccount','name':'a','namespace':'n'}]}")),
        "{'metadata':{'name':'b'},'roleRef':{'apiGroup':'rbac.authorization.k8s.io','kind':'ClusterRole','name':'view'},'subjects':[{'apiGroup':'rbac.authorization.k8s.io','kind':'User','name':'jane'},{'kind':'ServiceAccount','name':'a','namespace':'n'}]}");

    [Theory]
    [InlineData("{'subjects':[{'kind':'Group','name':'system:masters'},{'kind':'ServiceAccount','name':'a'}]}", "")]
    [InlineData("{'roleRef':{'kind':'x'}}", "roleRef.kind: Unsupported value: \"x\": supported values: \"Role\", \"ClusterRole\"")]
    [InlineData("{'roleRef':{'name':null}}", "roleRef.name: Required value")]
    [InlineData("{'roleRef':{'apiGroup':'x'}}", "roleRef.apiGroup: Unsupported value: \"x\": supported values: \"rbac.authorization.k8s.io\"")]
    [InlineData("{'subjects':[{'kind':'User','name':''}]}", "subjects[0].name: Required value\nsubjects[0].name: Invalid value: \"\": user name cannot be empty")]
    [InlineData("{'subjects':[{'kind':'User','name':'j','apiGroup':'x'}]}", "subjects[0].apiGroup: Unsupported value: \"x\": supported values: \"rbac.authorization.k8s.io\"")]
    [InlineData("{'subjects':[{'kind':'x','name':'j'}]}", "subjects[0].kind: Unsupported value: \"x\": supported values: \"ServiceAccount\", \"User\", \"Group\"")]
    public void Binding_Faults_AreTold(string change, string fault) => Bindings.Faults(KindCase.Merge(Binding, change)).ShouldBe(fault);

    [Theory]
    [InlineData("{'roleRef':{'kind':'Role'}}", "roleRef.kind: Unsupported value: \"Role\": supported values: \"ClusterRole\"")]
    [InlineData("{'subjects':[{'kind':'ServiceAccount','name':'a'}]}", "subjects[0].namespace: Required value")]
    public void ClusterBinding_Faults_AreTold(string change, string fault) => ClusterBindings.Faults(KindCase.Merge(Binding, change)).ShouldBe(fault);

    [Fact]
    public void Binding_Role_CannotBeChanged()
    {
        Bindings.UpdateFaults(Binding, KindCase.Merge(Binding, "{'roleRef':{'name':'edit'}}"))
            .ShouldBe("roleRef: Invalid value: {\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":\"ClusterRole\",\"name\":\"edit\"}: cannot change roleRef");
        Bindings.UpdateFaults(Binding, KindCase.Merge(Binding, "{'subjects':[{'kind':'User','name':'jane'}]}")).ShouldBe("");
    }

    [Fact]
    public void Rows_OfRolesAndBindings_TellSubjects()
    {
        Roles.Headings().ShouldBe("Name | Created At");
        Roles.Row("{'metadata':{'name':'r','creationTimestamp':'2026-03-01T11:00:00Z'}}").ShouldBe("r | 2026-03-01T11:00:00Z");
        Bindings.Headings(wide: true).ShouldBe("Name | Role | Age | Users | Groups | ServiceAccounts");
        Bindings.Row(KindCase.Merge(Binding, "{'subjects':[{'kind':'User','name':'u1'},{'kind':'User','name':'u2'},{'kind':'Group','name':'g'},{'kind':'ServiceAccount','name':'a','namespace':'n'}]}"), wide: true)
            .ShouldBe("b | ClusterRole/view | <unknown> | u1, u2 | g | n/a");
    }
}
