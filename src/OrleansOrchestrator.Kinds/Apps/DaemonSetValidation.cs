using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Apps;

/// <summary>Validates daemon sets.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/apis/apps/validation; faults come in the same order.</remarks>
internal static class DaemonSetValidation
{
    public const string RollingUpdate = "RollingUpdate";

    private const string OnDelete = "OnDelete";

    public static void Validate(V1DaemonSetSpec? spec, FieldErrors errors)
    {
        var path = FieldPath.Spec;
        WorkloadRules.ValidateSelector(spec?.Selector, "daemonset", path.Child("selector"), errors);
        WorkloadRules.ValidateTemplate(spec?.Template, spec?.Selector, "DaemonSet", path.Child("template"), errors);
        NumberRules.ValidateNotNegative(spec?.MinReadySeconds, path.Child("minReadySeconds"), errors);
        ValidateStrategy(spec?.UpdateStrategy ?? new V1DaemonSetUpdateStrategy(), path.Child("updateStrategy"), errors);
        NumberRules.ValidateNotNegative(spec?.RevisionHistoryLimit, path.Child("revisionHistoryLimit"), errors);
    }

    public static void ValidateStatus(V1DaemonSetStatus? updated, V1DaemonSetStatus? current, FieldErrors errors)
    {
        var (path, status) = (FieldPath.Status, updated ?? new V1DaemonSetStatus());
        NumberRules.ValidateNotNegative(status.CurrentNumberScheduled, path.Child("currentNumberScheduled"), errors);
        NumberRules.ValidateNotNegative(status.NumberMisscheduled, path.Child("numberMisscheduled"), errors);
        NumberRules.ValidateNotNegative(status.DesiredNumberScheduled, path.Child("desiredNumberScheduled"), errors);
        NumberRules.ValidateNotNegative(status.NumberReady, path.Child("numberReady"), errors);
        NumberRules.ValidateNotNegative(status.ObservedGeneration, path.Child("observedGeneration"), errors);
        NumberRules.ValidateNotNegative(status.UpdatedNumberScheduled, path.Child("updatedNumberScheduled"), errors);
        NumberRules.ValidateNotNegative(status.NumberAvailable, path.Child("numberAvailable"), errors);
        NumberRules.ValidateNotNegative(status.NumberUnavailable, path.Child("numberUnavailable"), errors);
        NumberRules.ValidateNotNegative(status.CollisionCount, path.Child("collisionCount"), errors);
        WorkloadRules.ValidateCollisions(status.CollisionCount, current?.CollisionCount, errors);
    }

    private static void ValidateStrategy(V1DaemonSetUpdateStrategy strategy, FieldPath path, FieldErrors errors)
    {
        if (strategy.Type == OnDelete)
            return;
        if (strategy.Type != RollingUpdate)
            errors.NotSupported(path, strategy, RollingUpdate, OnDelete);
        else if (strategy.RollingUpdate is null)
            errors.Required(path.Child("rollingUpdate"));
        else
            ValidateRollingUpdate(strategy.RollingUpdate, path.Child("rollingUpdate"), errors);
    }

    private static void ValidateRollingUpdate(V1RollingUpdateDaemonSet update, FieldPath path, FieldErrors errors)
    {
        var (unavailable, surge) = (path.Child("maxUnavailable"), path.Child("maxSurge"));
        IntOrPercentRules.Validate(update.MaxUnavailable, unavailable, errors);
        IntOrPercentRules.Validate(update.MaxSurge, surge, errors);
        IntOrPercentRules.ValidateAtMostAll(update.MaxUnavailable, unavailable, errors);
        IntOrPercentRules.ValidateAtMostAll(update.MaxSurge, surge, errors);
        switch (IntOrPercentRules.IsZero(update.MaxUnavailable), IntOrPercentRules.IsZero(update.MaxSurge))
        {
            case (false, false):
                errors.Invalid(surge, update.MaxSurge, "may not be set when maxUnavailable is non-zero");
                break;
            case (true, true):
                errors.Required(unavailable, "cannot be 0 when maxSurge is 0");
                break;
        }
    }
}
