using k8s.Models;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Rules;

/// <summary>Rules of the label selectors that objects carry.</summary>
internal static class LabelSelectorRules
{
    public static void Validate(V1LabelSelector? selector, FieldPath path, FieldErrors errors)
    {
        if (selector is null)
            return;
        ObjectMetaValidation.ValidateLabels(selector.MatchLabels, path.Child("matchLabels"), errors);
        var expressions = selector.MatchExpressions.OrNone();
        for (var i = 0; i < expressions.Count; i++)
            ValidateRequirement(expressions[i], path.Child("matchExpressions").Index(i), errors);
    }

    private static void ValidateRequirement(V1LabelSelectorRequirement requirement, FieldPath path, FieldErrors errors)
    {
        switch (requirement.OperatorProperty)
        {
            case "In" or "NotIn":
                if (requirement.Values.OrNone().Count == 0)
                    errors.Required(path.Child("values"), "must be specified when `operator` is 'In' or 'NotIn'");
                break;
            case "Exists" or "DoesNotExist":
                if (requirement.Values.OrNone().Count > 0)
                    errors.Forbidden(path.Child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                break;
            default:
                errors.Invalid(path.Child("operator"), requirement.OperatorProperty ?? "", "not a valid selector operator");
                break;
        }

        errors.Invalid(path.Child("key"), requirement.Key ?? "", NameRules.IsQualifiedName(requirement.Key ?? ""));
        var values = requirement.Values.OrNone();
        for (var i = 0; i < values.Count; i++)
            errors.Invalid(path.Child("values").Index(i), values[i] ?? "", NameRules.IsValidLabelValue(values[i] ?? ""));
    }
}
