using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Apps;

/// <summary>Validates deployments.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/apis/apps/validation; faults come in the same order.</remarks>
internal static class DeploymentValidation
{
    public const string RollingUpdate = "RollingUpdate";

    private const string Recreate = "Recreate";

    public static void Validate(V1DeploymentSpec? spec, FieldErrors errors)
    {
        var path = FieldPath.Spec;
        NumberRules.ValidateNotNegative(spec?.Replicas, path.Child("replicas"), errors);
        WorkloadRules.ValidateSelector(spec?.Selector, "deployment", path.Child("selector"), errors);
        // The template becomes that of ReplicaSets, and its faults name their kind.
        WorkloadRules.ValidateTemplate(spec?.Template, spec?.Selector, "ReplicaSet", path.Child("template"), errors);
        ValidateStrategy(spec?.Strategy ?? new V1DeploymentStrategy(), path.Child("strategy"), errors);
        NumberRules.ValidateNotNegative(spec?.MinReadySeconds, path.Child("minReadySeconds"), errors);
        NumberRules.ValidateNotNegative(spec?.RevisionHistoryLimit, path.Child("revisionHistoryLimit"), errors);
        NumberRules.ValidateNotNegative(spec?.ProgressDeadlineSeconds, path.Child("progressDeadlineSeconds"), errors);
        if (spec?.ProgressDeadlineSeconds <= (spec?.MinReadySeconds ?? 0))
            errors.Invalid(path.Child("progressDeadlineSeconds"), spec!.ProgressDeadlineSeconds, "must be greater than minReadySeconds");
    }

    public static void ValidateStatus(V1DeploymentStatus? updated, V1DeploymentStatus? current, FieldErrors errors)
    {
        var (path, status) = (FieldPath.Status, updated ?? new V1DeploymentStatus());
        NumberRules.ValidateNotNegative(status.ObservedGeneration, path.Child("observedGeneration"), errors);
        NumberRules.ValidateNotNegative(status.Replicas, path.Child("replicas"), errors);
        NumberRules.ValidateNotNegative(status.UpdatedReplicas, path.Child("updatedReplicas"), errors);
        NumberRules.ValidateNotNegative(status.ReadyReplicas, path.Child("readyReplicas"), errors);
        NumberRules.ValidateNotNegative(status.AvailableReplicas, path.Child("availableReplicas"), errors);
        NumberRules.ValidateNotNegative(status.UnavailableReplicas, path.Child("unavailableReplicas"), errors);
        NumberRules.ValidateNotNegative(status.CollisionCount, path.Child("collisionCount"), errors);
        WorkloadRules.ValidatePart(status.UpdatedReplicas, "updatedReplicas", status.Replicas ?? 0, errors);
        WorkloadRules.ValidatePart(status.ReadyReplicas, "readyReplicas", status.Replicas ?? 0, errors);
        WorkloadRules.ValidatePart(status.AvailableReplicas, "availableReplicas", status.Replicas ?? 0, errors);
        if (status.AvailableReplicas > (status.ReadyReplicas ?? 0))
            errors.Invalid(path.Child("availableReplicas"), status.AvailableReplicas, "cannot be greater than readyReplicas");
        WorkloadRules.ValidateCollisions(status.CollisionCount, current?.CollisionCount, errors);
    }

    private static void ValidateStrategy(V1DeploymentStrategy strategy, FieldPath path, FieldErrors errors)
    {
        switch (strategy.Type)
        {
            case Recreate:
                if (strategy.RollingUpdate is not null)
                    errors.Forbidden(path.Child("rollingUpdate"), "may not be specified when strategy `type` is 'Recreate'");
                break;
            case RollingUpdate:
                if (strategy.RollingUpdate is null)
                    errors.Required(path.Child("rollingUpdate"), "this should be defaulted and never be nil");
                else
                    ValidateRollingUpdate(strategy.RollingUpdate, path.Child("rollingUpdate"), errors);
                break;
            default:
                errors.NotSupported(path, strategy, Recreate, RollingUpdate);
                break;
        }
    }

    private static void ValidateRollingUpdate(V1RollingUpdateDeployment update, FieldPath path, FieldErrors errors)
    {
        var unavailable = path.Child("maxUnavailable");
        IntOrPercentRules.Validate(update.MaxUnavailable, unavailable, errors);
        IntOrPercentRules.Validate(update.MaxSurge, path.Child("maxSurge"), errors);
        if (IntOrPercentRules.IsZero(update.MaxUnavailable) && IntOrPercentRules.IsZero(update.MaxSurge))
            errors.Invalid(unavailable, update.MaxUnavailable, "may not be 0 when `maxSurge` is 0");
        IntOrPercentRules.ValidateAtMostAll(update.MaxUnavailable, unavailable, errors);
    }
}
