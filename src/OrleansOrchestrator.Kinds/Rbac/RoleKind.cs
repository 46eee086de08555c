using k8s.Models;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Rbac;

/// <summary>Permissions in a namespace.</summary>
internal sealed class RoleKind : ResourceDefinition<V1Role>
{
    public override string Group => RoleBindingRules.Group;

    public override string Kind => "Role";

    public override string Plural => "roles";

    public override bool AllowCreateOnUpdate => true;

    protected override IReadOnlyList<TableColumn<V1Role>> TypedColumns =>
    [
        TableColumn<V1Role>.Name,
        TableColumn<V1Role>.CreatedAt,
    ];

    public override IReadOnlyList<string> ValidateName(string name) => NameRules.IsPathSegmentName(name);

    protected override void Validate(V1Role obj, FieldErrors errors) =>
        PolicyRuleValidation.Validate(obj.Rules, isNamespaced: true, errors);
}
