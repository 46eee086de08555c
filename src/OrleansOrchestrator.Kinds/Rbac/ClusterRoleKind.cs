using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Rbac;

/// <summary>Permissions in the whole cluster, or in a namespace whose role binding grants them.</summary>
internal sealed class ClusterRoleKind : ResourceDefinition<V1ClusterRole>
{
    public override string Group => RoleBindingRules.Group;

    public override string Kind => "ClusterRole";

    public override string Plural => "clusterroles";

    public override bool Namespaced => false;

    public override bool AllowCreateOnUpdate => true;

    protected override IReadOnlyList<TableColumn<V1ClusterRole>> TypedColumns =>
    [
        TableColumn<V1ClusterRole>.Name,
        TableColumn<V1ClusterRole>.CreatedAt,
    ];

    public override IReadOnlyList<string> ValidateName(string name) => NameRules.IsPathSegmentName(name);

    protected override void Validate(V1ClusterRole obj, FieldErrors errors)
    {
        PolicyRuleValidation.Validate(obj.Rules, isNamespaced: false, errors);
        if (obj.AggregationRule is not { } aggregation)
            return;
        var path = FieldPath.Root("aggregationRule").Child("clusterRoleSelectors");
        var selectors = aggregation.ClusterRoleSelectors.OrNone();
        if (selectors.Count == 0)
            errors.Required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil");
        for (var i = 0; i < selectors.Count; i++)
            LabelSelectorRules.Validate(selectors[i], path.Index(i), errors);
    }
}
