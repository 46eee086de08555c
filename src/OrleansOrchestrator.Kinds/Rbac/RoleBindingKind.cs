using k8s.Models;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Rbac;

/// <summary>Grants a role to subjects in a namespace.</summary>
internal sealed class RoleBindingKind : ResourceDefinition<V1RoleBinding>
{
    private static readonly string[] RoleKinds = ["Role", "ClusterRole"];

    public override string Group => RoleBindingRules.Group;

    public override string Kind => "RoleBinding";

    public override string Plural => "rolebindings";

    public override bool AllowCreateOnUpdate => true;

    protected override IReadOnlyList<TableColumn<V1RoleBinding>> TypedColumns =>
    [
        TableColumn<V1RoleBinding>.Name,
        TableColumn<V1RoleBinding>.Of("Role", binding => RoleBindingCells.Role(binding.RoleRef)),
        TableColumn<V1RoleBinding>.Age,
        TableColumn<V1RoleBinding>.Of("Users", binding => RoleBindingCells.Users(binding.Subjects), priority: 1),
        TableColumn<V1RoleBinding>.Of("Groups", binding => RoleBindingCells.Groups(binding.Subjects), priority: 1),
        TableColumn<V1RoleBinding>.Of("ServiceAccounts", binding => RoleBindingCells.ServiceAccounts(binding.Subjects), priority: 1),
    ];

    public override IReadOnlyList<string> ValidateName(string name) => NameRules.IsPathSegmentName(name);

    protected override void ApplyDefaults(V1RoleBinding obj) => RoleBindingRules.ApplyDefaults(obj.RoleRef, obj.Subjects);

    protected override void Validate(V1RoleBinding obj, FieldErrors errors) =>
        RoleBindingRules.Validate(obj.RoleRef, obj.Subjects, RoleKinds, isNamespaced: true, errors);

    protected override void ValidateUpdate(V1RoleBinding updated, V1RoleBinding current, FieldErrors errors)
    {
        Validate(updated, errors);
        RoleBindingRules.ValidateUpdate(updated.RoleRef, current.RoleRef, errors);
    }
}
