using k8s.Models;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Rbac;

/// <summary>Grants a role to subjects in the whole cluster.</summary>
internal sealed class ClusterRoleBindingKind : ResourceDefinition<V1ClusterRoleBinding>
{
    private static readonly string[] RoleKinds = ["ClusterRole"];

    public override string Group => RoleBindingRules.Group;

    public override string Kind => "ClusterRoleBinding";

    public override string Plural => "clusterrolebindings";

    public override bool Namespaced => false;

    public override bool AllowCreateOnUpdate => true;

    protected override IReadOnlyList<TableColumn<V1ClusterRoleBinding>> TypedColumns =>
    [
        TableColumn<V1ClusterRoleBinding>.Name,
        TableColumn<V1ClusterRoleBinding>.Of("Role", binding => RoleBindingCells.Role(binding.RoleRef)),
        TableColumn<V1ClusterRoleBinding>.Age,
        TableColumn<V1ClusterRoleBinding>.Of("Users", binding => RoleBindingCells.Users(binding.Subjects), priority: 1),
        TableColumn<V1ClusterRoleBinding>.Of("Groups", binding => RoleBindingCells.Groups(binding.Subjects), priority: 1),
        TableColumn<V1ClusterRoleBinding>.Of("ServiceAccounts", binding => RoleBindingCells.ServiceAccounts(binding.Subjects), priority: 1),
    ];

    public override IReadOnlyList<string> ValidateName(string name) => NameRules.IsPathSegmentName(name);

    protected override void ApplyDefaults(V1ClusterRoleBinding obj) => RoleBindingRules.ApplyDefaults(obj.RoleRef, obj.Subjects);

    protected override void Validate(V1ClusterRoleBinding obj, FieldErrors errors) =>
        RoleBindingRules.Validate(obj.RoleRef, obj.Subjects, RoleKinds, isNamespaced: false, errors);

    protected override void ValidateUpdate(V1ClusterRoleBinding updated, V1ClusterRoleBinding current, FieldErrors errors)
    {
        Validate(updated, errors);
        RoleBindingRules.ValidateUpdate(updated.RoleRef, current.RoleRef, errors);
    }
}
