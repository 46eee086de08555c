using k8s.Models;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Rules;

/// <summary>Rules of taints, by which nodes repel pods, and of the tolerations of pods.</summary>
internal static class TaintRules
{
    private static readonly string[] Effects = [TaintEffects.NoSchedule, TaintEffects.PreferNoSchedule, TaintEffects.NoExecute];

    public static void ValidateTaints(IList<V1Taint>? taints, FieldPath path, FieldErrors errors)
    {
        var seen = new HashSet<(string?, string?)>();
        for (var i = 0; i < taints.OrNone().Count; i++)
        {
            var taint = taints![i];
            var at = path.Index(i);
            errors.Invalid(at.Child("key"), taint.Key ?? "", NameRules.IsQualifiedName(taint.Key ?? ""));
            errors.Invalid(at.Child("value"), taint.Value ?? "", NameRules.IsValidLabelValue(taint.Value ?? ""));
            if (string.IsNullOrEmpty(taint.Effect))
                errors.Required(at.Child("effect"));
            else
                ValidateEffect(taint.Effect, at.Child("effect"), errors);
            if (!seen.Add((taint.Key, taint.Effect)))
                errors.Duplicate(at, taint, "taints must be unique by key and effect pair");
        }
    }

    public static void ValidateTolerations(IList<V1Toleration>? tolerations, FieldPath path, FieldErrors errors)
    {
        for (var i = 0; i < tolerations.OrNone().Count; i++)
            ValidateToleration(tolerations![i], path.Index(i), errors);
    }

    private static void ValidateToleration(V1Toleration toleration, FieldPath path, FieldErrors errors)
    {
        if (!string.IsNullOrEmpty(toleration.Key))
            errors.Invalid(path.Child("key"), toleration.Key, NameRules.IsQualifiedName(toleration.Key));
        else if (toleration.OperatorProperty != "Exists")
            errors.Invalid(path.Child("operator"), toleration.OperatorProperty ?? "", "operator must be Exists when `key` is empty, which means \"match all values and all keys\"");

        if (toleration.TolerationSeconds is not null && toleration.Effect != TaintEffects.NoExecute)
            errors.Invalid(path.Child("effect"), toleration.Effect ?? "", "effect must be 'NoExecute' when `tolerationSeconds` is set");

        switch (toleration.OperatorProperty)
        {
            case null or "" or "Equal":
                var faults = NameRules.IsValidLabelValue(toleration.Value ?? "");
                if (faults.Count > 0)
                    errors.Invalid(path.Child("operator"), toleration.Value, string.Join(';', faults));
                break;
            case "Exists":
                if (!string.IsNullOrEmpty(toleration.Value))
                    errors.Invalid(path.Child("operator"), toleration, "value must be empty when `operator` is 'Exists'");
                break;
            default:
                errors.NotSupported(path.Child("operator"), toleration.OperatorProperty, "Equal", "Exists");
                break;
        }

        if (!string.IsNullOrEmpty(toleration.Effect))
            ValidateEffect(toleration.Effect, path.Child("effect"), errors);
    }

    private static void ValidateEffect(string effect, FieldPath path, FieldErrors errors)
    {
        if (!Effects.Contains(effect))
            errors.NotSupported(path, effect, Effects);
    }
}
