using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>Validates the lists of label keys whose values a pod adds to a selector.</summary>
internal static class LabelKeysValidation
{
    private const string InSelectorToo = "exists in both matchLabelKeys and labelSelector";

    /// <summary>Validates those of a topology spread constraint.</summary>
    public static void Validate(V1TopologySpreadConstraint constraint, FieldPath path, FieldErrors errors)
    {
        ValidateKeys(constraint.MatchLabelKeys, constraint.LabelSelector, path.Child("matchLabelKeys"), errors);
        var selected = KeysOf(constraint.LabelSelector).ToHashSet(StringComparer.Ordinal);
        Refuse(constraint.MatchLabelKeys, selected.Contains, InSelectorToo, path.Child("matchLabelKeys"), errors);
    }

    /// <summary>Validates those of an affinity to pods. The selector of a pod has the values of its keys already.</summary>
    public static void Validate(V1PodAffinityTerm term, FieldPath path, FieldErrors errors)
    {
        var match = path.Child("matchLabelKeys");
        ValidateKeys(term.MatchLabelKeys, term.LabelSelector, match, errors);
        ValidateKeys(term.MismatchLabelKeys, term.LabelSelector, path.Child("mismatchLabelKeys"), errors);
        var twice = KeysOf(term.LabelSelector).CountBy(key => key, StringComparer.Ordinal).Where(count => count.Value > 1).Select(count => count.Key).ToHashSet(StringComparer.Ordinal);
        Refuse(term.MatchLabelKeys, twice.Contains, InSelectorToo, match, errors);
        var mismatch = term.MismatchLabelKeys.OrNone().ToHashSet(StringComparer.Ordinal);
        Refuse(term.MatchLabelKeys, mismatch.Contains, "exists in both matchLabelKeys and mismatchLabelKeys", match, errors);
    }

    private static void ValidateKeys(IList<string>? keys, V1LabelSelector? selector, FieldPath path, FieldErrors errors)
    {
        if (keys.OrNone().Count == 0)
            return;
        if (selector is null)
        {
            errors.Forbidden(path, "must not be specified when labelSelector is not set");
            return;
        }

        for (var i = 0; i < keys!.Count; i++)
            errors.Invalid(path.Index(i), keys[i], NameRules.IsQualifiedName(keys[i]));
    }

    private static void Refuse(IList<string>? keys, Predicate<string> isRefused, string why, FieldPath path, FieldErrors errors)
    {
        for (var i = 0; i < keys.OrNone().Count; i++)
        {
            if (isRefused(keys![i]))
                errors.Invalid(path.Index(i), keys[i], why);
        }
    }

    private static IEnumerable<string> KeysOf(V1LabelSelector? selector) =>
        (selector?.MatchLabels?.Keys ?? []).Concat((selector?.MatchExpressions).OrNone().Select(expression => expression.Key ?? ""));
}
