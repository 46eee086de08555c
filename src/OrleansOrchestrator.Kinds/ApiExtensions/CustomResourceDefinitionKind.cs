using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.ApiExtensions;

/// <summary>Defines a custom kind. Once the definition is established, the API serves objects of the kind.</summary>
/// <remarks>https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/</remarks>
internal sealed class CustomResourceDefinitionKind : ResourceDefinition<V1CustomResourceDefinition>
{
    public override string Group => "apiextensions.k8s.io";

    public override string Kind => "CustomResourceDefinition";

    public override string Plural => "customresourcedefinitions";

    public override IReadOnlyList<string> ShortNames { get; } = ["crd", "crds"];

    public override IReadOnlyList<string> Categories { get; } = ["api-extensions"];

    public override bool Namespaced => false;

    public override bool HasStatus => true;

    public override bool TracksGeneration => true;

    protected override IReadOnlyList<TableColumn<V1CustomResourceDefinition>> TypedColumns =>
    [
        TableColumn<V1CustomResourceDefinition>.Name,
        TableColumn<V1CustomResourceDefinition>.Of(
            "Created At",
            crd => crd.Metadata.CreationTimestamp?.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "<unknown>", "date"),
    ];

    public override void PrepareForDeletion(KubeObject obj)
    {
        var crd = (V1CustomResourceDefinition)obj;
        if (CustomResourceConditions.Find(crd, CustomResourceConditions.Terminating) is not null)
            return;

        // The objects of the kind are deleted first. The finalizer keeps the definition until then, because nobody could reach the
        // objects without it.
        var finalizers = crd.Metadata.Finalizers ?? [];
        if (!finalizers.Contains(CustomResourceConditions.CleanupFinalizer))
            crd.Metadata.Finalizers = [.. finalizers, CustomResourceConditions.CleanupFinalizer];
        CustomResourceConditions.Set(
            crd, CustomResourceConditions.Terminating, true, "InstanceDeletionPending",
            "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
            crd.Metadata.DeletionTimestamp ?? default);
    }

    protected override void ApplyDefaults(V1CustomResourceDefinition obj)
    {
        if (obj.Spec is not { } spec)
            return;
        if (spec.Names is { } names && !string.IsNullOrEmpty(names.Kind))
        {
            names.Singular = names.Singular.Or(names.Kind.ToLowerInvariant());
            names.ListKind = names.ListKind.Or(names.Kind + "List");
        }

        spec.Conversion ??= new V1CustomResourceConversion();
        spec.Conversion.Strategy = spec.Conversion.Strategy.Or("None");
        if (spec.PreserveUnknownFields is false)
            spec.PreserveUnknownFields = null;
    }

    protected override void PrepareForCreate(V1CustomResourceDefinition obj)
    {
        obj.Status = new V1CustomResourceDefinitionStatus
        {
            AcceptedNames = new V1CustomResourceDefinitionNames { Kind = "", Plural = "" },
            Conditions = [],
            StoredVersions = [.. StorageVersionsOf(obj)],
        };
    }

    protected override void PrepareForUpdate(V1CustomResourceDefinition updated, V1CustomResourceDefinition current)
    {
        // The present object is shared, so the status is copied before it is changed.
        var status = updated.Status ?? new V1CustomResourceDefinitionStatus();
        updated.Status = status with { StoredVersions = [.. (status.StoredVersions ?? []).Union(StorageVersionsOf(updated), StringComparer.Ordinal)] };
    }

    protected override void Validate(V1CustomResourceDefinition obj, FieldErrors errors) => DefinitionValidation.Validate(obj, errors);

    protected override void ValidateUpdate(V1CustomResourceDefinition updated, V1CustomResourceDefinition current, FieldErrors errors)
    {
        DefinitionValidation.Validate(updated, errors);
        DefinitionValidation.ValidateUpdate(updated, current, errors);
    }

    protected override void ValidateStatusUpdate(V1CustomResourceDefinition updated, V1CustomResourceDefinition current, FieldErrors errors) =>
        DefinitionValidation.ValidateStoredVersions(updated, errors);

    private static IEnumerable<string> StorageVersionsOf(V1CustomResourceDefinition obj) =>
        (obj.Spec?.Versions ?? []).Where(version => version.Storage).Select(version => version.Name);
}
