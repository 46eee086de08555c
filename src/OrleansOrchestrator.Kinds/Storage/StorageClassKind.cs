using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Storage;

/// <summary>A class of storage, and the provisioner of its volumes.</summary>
internal sealed class StorageClassKind : ResourceDefinition<V1StorageClass>
{
    private const int ParametersMax = 512;
    private const int ParametersBytesMax = 256 * 1024;

    private static readonly string[] Policies = [ReclaimPolicies.Delete, ReclaimPolicies.Retain];
    private static readonly string[] BindingModes = ["Immediate", StorageClasses.WaitForFirstConsumer];

    public override string Group => "storage.k8s.io";

    public override string Kind => "StorageClass";

    public override string Plural => "storageclasses";

    public override IReadOnlyList<string> ShortNames => ["sc"];

    public override bool Namespaced => false;

    protected override IReadOnlyList<TableColumn<V1StorageClass>> TypedColumns =>
    [
        new("Name", (one, _) => one.IsDefault ? one.Metadata.Name + " (default)" : one.Metadata.Name, Format: "name",
            Description: TableColumn<V1StorageClass>.Name.Description),
        TableColumn<V1StorageClass>.Of("Provisioner", one => one.Provisioner ?? ""),
        TableColumn<V1StorageClass>.Of("ReclaimPolicy", one => one.ReclaimPolicy.Or(ReclaimPolicies.Delete)),
        TableColumn<V1StorageClass>.Of("VolumeBindingMode", one => one.VolumeBindingMode.Or("Immediate")),
        TableColumn<V1StorageClass>.Of("AllowVolumeExpansion", one => one.AllowVolumeExpansion ?? false),
        TableColumn<V1StorageClass>.Age,
    ];

    protected override void ApplyDefaults(V1StorageClass obj)
    {
        obj.ReclaimPolicy ??= ReclaimPolicies.Delete;
        obj.VolumeBindingMode ??= "Immediate";
    }

    protected override void AddWarnings(V1StorageClass storage, V1StorageClass? current, List<string> warnings)
    {
        for (var i = 0; i < storage.AllowedTopologies.OrNone().Count; i++)
        {
            var expressions = storage.AllowedTopologies[i].MatchLabelExpressions.OrNone();
            for (var j = 0; j < expressions.Count; j++)
                NodeLabelWarnings.AddUse(expressions[j].Key, FieldPath.Root("allowedTopologies").Index(i).Child("matchLabelExpressions").Index(j).Child("key"), warnings);
        }
    }

    protected override void Validate(V1StorageClass obj, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(obj.Provisioner))
            errors.Required(FieldPath.Root("provisioner"));
        else
            errors.Invalid(FieldPath.Root("provisioner"), obj.Provisioner.ToLowerInvariant(), NameRules.IsQualifiedName(obj.Provisioner.ToLowerInvariant()));
        ValidateParameters(obj.Parameters.OrNone(), FieldPath.Root("parameters"), errors);
        ChoiceRules.ValidateOptional(obj.ReclaimPolicy, Policies, FieldPath.Root("reclaimPolicy"), errors);
        ChoiceRules.ValidateRequired(obj.VolumeBindingMode, BindingModes, FieldPath.Root("volumeBindingMode"), errors);
        TopologyValidation.Validate(obj.AllowedTopologies.OrNone(), FieldPath.Root("allowedTopologies"), errors);
    }

    protected override void ValidateUpdate(V1StorageClass updated, V1StorageClass current, FieldErrors errors)
    {
        if (!SemanticEquality.Equal(updated.Parameters, current.Parameters))
            errors.Forbidden(FieldPath.Root("parameters"), "updates to parameters are forbidden.");
        if (updated.Provisioner != current.Provisioner)
            errors.Forbidden(FieldPath.Root("provisioner"), "updates to provisioner are forbidden.");
        if (updated.ReclaimPolicy != current.ReclaimPolicy)
            errors.Forbidden(FieldPath.Root("reclaimPolicy"), "updates to reclaimPolicy are forbidden.");
        if (updated.VolumeBindingMode != current.VolumeBindingMode)
            errors.Invalid(FieldPath.Root("volumeBindingMode"), updated.VolumeBindingMode, "field is immutable");
        TopologyValidation.Validate(updated.AllowedTopologies.OrNone(), FieldPath.Root("allowedTopologies"), errors);
    }

    private static void ValidateParameters(IDictionary<string, string> parameters, FieldPath path, FieldErrors errors)
    {
        if (parameters.Count > ParametersMax)
        {
            errors.TooLong(path, ParametersMax);
            return;
        }

        if (parameters.ContainsKey(""))
            errors.Invalid(path, "", "field can not be empty.");
        if (parameters.Sum(parameter => (long)parameter.Key.Length + (parameter.Value?.Length ?? 0)) > ParametersBytesMax)
            errors.TooLong(path, ParametersBytesMax);
    }
}
