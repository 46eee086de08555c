using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Storage;

/// <summary>The storage drivers of a node. The object has the node's name.</summary>
internal sealed class CSINodeKind : ResourceDefinition<V1CSINode>
{
    private const int NodeIdCharactersMax = 256;

    public override string Group => CsiRules.Group;

    public override string Kind => "CSINode";

    public override string Plural => "csinodes";

    public override bool IsActedOn => false;

    public override bool Namespaced => false;

    protected override IReadOnlyList<TableColumn<V1CSINode>> TypedColumns =>
    [
        TableColumn<V1CSINode>.Name,
        TableColumn<V1CSINode>.Of("Drivers", node => (node.Spec?.Drivers).OrNone().Count, "integer"),
        TableColumn<V1CSINode>.Age,
    ];

    protected override void Validate(V1CSINode obj, FieldErrors errors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var drivers = (obj.Spec?.Drivers).OrNone();
        for (var i = 0; i < drivers.Count; i++)
        {
            var (driver, at) = (drivers[i], FieldPath.Spec.Child("drivers").Index(i));
            CsiDriverRules.ValidateName(driver.Name, at.Child("name"), errors);
            if (string.IsNullOrEmpty(driver.NodeID))
                errors.Required(at.Child("nodeID"));
            else if (driver.NodeID.Length > NodeIdCharactersMax)
                errors.Invalid(at.Child("nodeID"), driver.NodeID, $"must be {NodeIdCharactersMax} characters or less");
            NumberRules.ValidateNotNegative(driver.Allocatable?.Count, at.Child("allocatable").Child("count"), errors);
            if (!names.Add(driver.Name ?? ""))
                errors.Duplicate(at.Child("name"), driver.Name ?? "");
            ValidateTopologyKeys(driver.TopologyKeys.OrNone(), at, errors);
        }
    }

    protected override void ValidateUpdate(V1CSINode updated, V1CSINode current, FieldErrors errors)
    {
        Validate(updated, errors);
        foreach (var before in (current.Spec?.Drivers).OrNone())
        {
            foreach (var after in (updated.Spec?.Drivers).OrNone().Where(driver => driver.Name == before.Name))
            {
                if (!SemanticEquality.Equal(after, before))
                    errors.Invalid(FieldPath.Spec.Child("drivers"), after, "field is immutable");
            }
        }
    }

    private static void ValidateTopologyKeys(IList<string> keys, FieldPath path, FieldErrors errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var key in keys)
        {
            if (string.IsNullOrEmpty(key))
                errors.Required(path);
            if (!seen.Add(key ?? ""))
                errors.Duplicate(path, key);
            errors.Invalid(path, key, NameRules.IsQualifiedName(key ?? ""));
        }
    }
}
