using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Storage;

/// <summary>How much storage of a class a topology segment has.</summary>
internal sealed class CSIStorageCapacityKind : ResourceDefinition<V1CSIStorageCapacity>
{
    public override string Group => CsiRules.Group;

    public override string Kind => "CSIStorageCapacity";

    public override string Plural => "csistoragecapacities";

    public override bool IsActedOn => false;

    protected override IReadOnlyList<TableColumn<V1CSIStorageCapacity>> TypedColumns =>
    [
        TableColumn<V1CSIStorageCapacity>.Name,
        TableColumn<V1CSIStorageCapacity>.Of("StorageClassName", one => one.StorageClassName ?? ""),
        TableColumn<V1CSIStorageCapacity>.Of("Capacity", one => one.Capacity is { } capacity ? Quantity.From(capacity).ToString() : "<unset>"),
    ];

    protected override void AddWarnings(V1CSIStorageCapacity capacity, V1CSIStorageCapacity? current, List<string> warnings) =>
        NodeLabelWarnings.Add(capacity.NodeTopology, FieldPath.Root("nodeTopology"), warnings);

    protected override void Validate(V1CSIStorageCapacity obj, FieldErrors errors)
    {
        LabelSelectorRules.Validate(obj.NodeTopology, FieldPath.Root("nodeTopology"), errors);
        var name = obj.StorageClassName ?? "";
        errors.Invalid(FieldPath.Root("storageClassName"), name, NameRules.IsDns1123Subdomain(name));
        if (obj.Capacity is { } capacity && Quantity.From(capacity).Sign < 0)
            errors.Invalid(FieldPath.Root("capacity"), Quantity.From(capacity).ToString(), NumberRules.NotNegative);
    }

    protected override void ValidateUpdate(V1CSIStorageCapacity updated, V1CSIStorageCapacity current, FieldErrors errors)
    {
        if (!SemanticEquality.Equal(updated.NodeTopology, current.NodeTopology))
            errors.Invalid(FieldPath.Root("nodeTopology"), updated.NodeTopology, "field is immutable");
        if (updated.StorageClassName != current.StorageClassName)
            errors.Invalid(FieldPath.Root("storageClassName"), updated.StorageClassName ?? "", "field is immutable");
        Validate(updated, errors);
    }
}
