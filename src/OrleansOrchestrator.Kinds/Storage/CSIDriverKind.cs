using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Storage;

/// <summary>A storage driver and what it requires of nodes.</summary>
internal sealed class CSIDriverKind : ResourceDefinition<V1CSIDriver>
{
    private const int AllocatableUpdateSecondsMin = 10;

    private static readonly string[] GroupPolicies = ["File", "None", "ReadWriteOnceWithFSType"];
    private static readonly string[] LifecycleModes = ["Persistent", "Ephemeral"];

    public override string Group => CsiRules.Group;

    public override string Kind => "CSIDriver";

    public override string Plural => "csidrivers";

    public override bool IsActedOn => false;

    public override bool Namespaced => false;

    protected override IReadOnlyList<TableColumn<V1CSIDriver>> TypedColumns =>
    [
        TableColumn<V1CSIDriver>.Name,
        TableColumn<V1CSIDriver>.Of("AttachRequired", driver => driver.Spec?.AttachRequired ?? true, "boolean"),
        TableColumn<V1CSIDriver>.Of("PodInfoOnMount", driver => driver.Spec?.PodInfoOnMount ?? false, "boolean"),
        TableColumn<V1CSIDriver>.Of("StorageCapacity", driver => driver.Spec?.StorageCapacity ?? false, "boolean"),
        TableColumn<V1CSIDriver>.Of("TokenRequests", TokensOf),
        TableColumn<V1CSIDriver>.Of("RequiresRepublish", driver => driver.Spec?.RequiresRepublish ?? false, "boolean"),
        TableColumn<V1CSIDriver>.Of("Modes", driver => string.Join(',', (driver.Spec?.VolumeLifecycleModes).OrNone()).Or("<none>")),
        TableColumn<V1CSIDriver>.Age,
    ];

    protected override void ApplyDefaults(V1CSIDriver obj)
    {
        var spec = obj.Spec ??= new V1CSIDriverSpec();
        spec.AttachRequired ??= true;
        spec.PodInfoOnMount ??= false;
        spec.StorageCapacity ??= false;
        spec.FsGroupPolicy ??= "ReadWriteOnceWithFSType";
        if (spec.VolumeLifecycleModes.OrNone().Count == 0)
            spec.VolumeLifecycleModes = ["Persistent"];
        spec.RequiresRepublish ??= false;
        spec.SeLinuxMount ??= false;
    }

    protected override void PrepareForUpdate(V1CSIDriver updated, V1CSIDriver current)
    {
        if (!SemanticEquality.Equal(updated.Spec, current.Spec))
            updated.Metadata.Generation = (current.Metadata.Generation ?? 0) + 1;
    }

    protected override void Validate(V1CSIDriver obj, FieldErrors errors)
    {
        if (obj.Spec is not { } spec)
            return;
        ChoiceRules.ValidateRequired(spec.FsGroupPolicy, GroupPolicies, FieldPath.Spec.Child("fsGroupPolicy"), errors);
        CsiRules.ValidateTokenRequests(spec.TokenRequests, FieldPath.Spec.Child("tokenRequests"), errors);
        foreach (var mode in spec.VolumeLifecycleModes.OrNone().Where(mode => !LifecycleModes.Contains(mode)))
            errors.NotSupported(FieldPath.Spec.Child("volumeLifecycleModes"), mode, LifecycleModes);
        if (spec.NodeAllocatableUpdatePeriodSeconds < AllocatableUpdateSecondsMin)
            errors.Invalid(FieldPath.Spec.Child("nodeAllocatableUpdatePeriodSeconds"), spec.NodeAllocatableUpdatePeriodSeconds, "must be greater than or equal to 10 seconds");
    }

    protected override void ValidateUpdate(V1CSIDriver updated, V1CSIDriver current, FieldErrors errors)
    {
        Validate(updated, errors);
        if (updated.Spec?.AttachRequired != current.Spec?.AttachRequired)
            errors.Invalid(FieldPath.Spec.Child("attachedRequired"), updated.Spec?.AttachRequired, "field is immutable");
        if (!(updated.Spec?.VolumeLifecycleModes).OrNone().SequenceEqual((current.Spec?.VolumeLifecycleModes).OrNone()))
            errors.Invalid(FieldPath.Spec.Child("volumeLifecycleModes"), updated.Spec?.VolumeLifecycleModes, "field is immutable");
    }

    private static string TokensOf(V1CSIDriver driver) => driver.Spec?.TokenRequests is { } requests
        ? string.Join(',', requests.Select(request => request.Audience))
        : "<unset>";
}
