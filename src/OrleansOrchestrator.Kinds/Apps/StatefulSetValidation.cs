using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Apps;

/// <summary>Validates stateful sets.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/apis/apps/validation; faults come in the same order.</remarks>
internal static class StatefulSetValidation
{
    public const string OrderedReady = "OrderedReady";
    public const string RollingUpdate = "RollingUpdate";
    public const string Retain = "Retain";

    private const string Parallel = "Parallel";
    private const string OnDelete = "OnDelete";
    private const string Delete = "Delete";
    private const string Updatable =
        "'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds'";

    public static void Validate(V1StatefulSetSpec? spec, FieldErrors errors)
    {
        var path = FieldPath.Spec;
        if (string.IsNullOrEmpty(spec?.PodManagementPolicy))
            errors.Required(path.Child("podManagementPolicy"));
        else if (spec.PodManagementPolicy is not (OrderedReady or Parallel))
            errors.Invalid(path.Child("podManagementPolicy"), spec.PodManagementPolicy, $"must be '{OrderedReady}' or '{Parallel}'");
        ValidateStrategy(spec?.UpdateStrategy, path.Child("updateStrategy"), errors);
        if (spec?.PersistentVolumeClaimRetentionPolicy is { } retention)
            ValidateRetention(retention, path.Child("persistentVolumeClaimRetentionPolicy"), errors);
        NumberRules.ValidateNotNegative(spec?.Replicas, path.Child("replicas"), errors);
        NumberRules.ValidateNotNegative(spec?.MinReadySeconds, path.Child("minReadySeconds"), errors);
        NumberRules.ValidateNotNegative(spec?.Ordinals?.Start, path.Child("ordinals.start"), errors);
        NumberRules.ValidateNotNegative(spec?.RevisionHistoryLimit, path.Child("revisionHistoryLimit"), errors);
        WorkloadRules.ValidateSelector(spec?.Selector, "statefulset", path.Child("selector"), errors);
        WorkloadRules.ValidateTemplate(WithClaims(spec), spec?.Selector, "StatefulSet", path.Child("template"), errors);
    }

    public static void ValidateUpdate(V1StatefulSetSpec? updated, V1StatefulSetSpec? current, FieldErrors errors)
    {
        if (updated is null || current is null)
            return;
        var expected = ObjectCodec.Clone(current);
        expected.Replicas = updated.Replicas;
        expected.Ordinals = updated.Ordinals;
        expected.Template = updated.Template;
        expected.UpdateStrategy = updated.UpdateStrategy;
        expected.RevisionHistoryLimit = updated.RevisionHistoryLimit;
        expected.PersistentVolumeClaimRetentionPolicy = updated.PersistentVolumeClaimRetentionPolicy;
        expected.MinReadySeconds = updated.MinReadySeconds;
        if (!SemanticEquality.Equal(updated, expected))
            errors.Forbidden(FieldPath.Spec, $"updates to statefulset spec for fields other than {Updatable} are forbidden");
    }

    public static void ValidateStatus(V1StatefulSetStatus? updated, V1StatefulSetStatus? current, FieldErrors errors)
    {
        var (path, status) = (FieldPath.Status, updated ?? new V1StatefulSetStatus());
        NumberRules.ValidateNotNegative(status.Replicas, path.Child("replicas"), errors);
        NumberRules.ValidateNotNegative(status.ReadyReplicas, path.Child("readyReplicas"), errors);
        NumberRules.ValidateNotNegative(status.CurrentReplicas, path.Child("currentReplicas"), errors);
        NumberRules.ValidateNotNegative(status.UpdatedReplicas, path.Child("updatedReplicas"), errors);
        NumberRules.ValidateNotNegative(status.AvailableReplicas, path.Child("availableReplicas"), errors);
        NumberRules.ValidateNotNegative(status.ObservedGeneration, path.Child("observedGeneration"), errors);
        NumberRules.ValidateNotNegative(status.CollisionCount, path.Child("collisionCount"), errors);
        WorkloadRules.ValidatePart(status.ReadyReplicas, "readyReplicas", status.Replicas, errors);
        WorkloadRules.ValidatePart(status.CurrentReplicas, "currentReplicas", status.Replicas, errors);
        WorkloadRules.ValidatePart(status.UpdatedReplicas, "updatedReplicas", status.Replicas, errors);
        WorkloadRules.ValidatePart(status.AvailableReplicas, "availableReplicas", status.Replicas, errors);
        if (status.AvailableReplicas > (status.ReadyReplicas ?? 0))
            errors.Invalid(path.Child("availableReplicas"), status.AvailableReplicas, "cannot be greater than status.readyReplicas");
        WorkloadRules.ValidateCollisions(status.CollisionCount, current?.CollisionCount, errors);
    }

    private static void ValidateStrategy(V1StatefulSetUpdateStrategy? strategy, FieldPath path, FieldErrors errors)
    {
        switch (strategy?.Type)
        {
            case null or "":
                errors.Required(path);
                break;
            case OnDelete:
                if (strategy.RollingUpdate is not null)
                    errors.Invalid(path.Child("rollingUpdate"), strategy.RollingUpdate, $"only allowed for updateStrategy '{RollingUpdate}'");
                break;
            case RollingUpdate:
                if (strategy.RollingUpdate is { } update)
                    ValidateRollingUpdate(update, path.Child("rollingUpdate"), errors);
                break;
            default:
                errors.Invalid(path, strategy, $"must be '{RollingUpdate}' or '{OnDelete}'");
                break;
        }
    }

    private static void ValidateRollingUpdate(V1RollingUpdateStatefulSetStrategy update, FieldPath path, FieldErrors errors)
    {
        NumberRules.ValidateNotNegative(update.Partition, path.Child("partition"), errors);
        if (update.MaxUnavailable is null)
            return;
        var unavailable = path.Child("maxUnavailable");
        IntOrPercentRules.Validate(update.MaxUnavailable, unavailable, errors);
        if (IntOrPercentRules.IsZero(update.MaxUnavailable))
            errors.Invalid(unavailable, update.MaxUnavailable, "cannot be 0");
        IntOrPercentRules.ValidateAtMostAll(update.MaxUnavailable, unavailable, errors);
    }

    private static void ValidateRetention(
        V1StatefulSetPersistentVolumeClaimRetentionPolicy retention, FieldPath path, FieldErrors errors)
    {
        if (retention.WhenDeleted is not (Retain or Delete))
            errors.NotSupported(path.Child("whenDeleted"), retention.WhenDeleted ?? "", Retain, Delete);
        if (retention.WhenScaled is not (Retain or Delete))
            errors.NotSupported(path.Child("whenScaled"), retention.WhenScaled ?? "", Retain, Delete);
    }

    /// <summary>The template with the volumes that its pods get from the claim templates. Containers may mount these.</summary>
    private static V1PodTemplateSpec? WithClaims(V1StatefulSetSpec? spec)
    {
        if (spec?.Template?.Spec is null || spec.VolumeClaimTemplates.OrNone().Count == 0)
            return spec?.Template;
        var template = ObjectCodec.Clone(spec.Template);
        var claims = spec.VolumeClaimTemplates.Select(claim => claim.Metadata?.Name ?? "").ToHashSet(StringComparer.Ordinal);
        template.Spec.Volumes =
        [
            .. template.Spec.Volumes.OrNone().Where(volume => !claims.Contains(volume.Name ?? "")),
            .. claims.Select(name => new V1Volume
            {
                Name = name,
                PersistentVolumeClaim = new V1PersistentVolumeClaimVolumeSource { ClaimName = name },
            }),
        ];
        return template;
    }
}
