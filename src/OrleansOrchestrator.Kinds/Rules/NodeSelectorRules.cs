using k8s.Models;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Rules;

/// <summary>Rules of the terms by which pods and volumes select nodes.</summary>
internal static class NodeSelectorRules
{
    private static readonly string[] FieldOperators = ["In", "NotIn"];

    public static void Validate(V1NodeSelector selector, FieldPath path, FieldErrors errors)
    {
        var terms = selector.NodeSelectorTerms.OrNone();
        if (terms.Count == 0)
            errors.Required(path.Child("nodeSelectorTerms"), "must have at least one node selector term");
        for (var i = 0; i < terms.Count; i++)
            ValidateTerm(terms[i], path.Child("nodeSelectorTerms").Index(i), errors);
    }

    public static void ValidateTerm(V1NodeSelectorTerm? term, FieldPath path, FieldErrors errors)
    {
        var expressions = (term?.MatchExpressions).OrNone();
        for (var i = 0; i < expressions.Count; i++)
            ValidateExpression(expressions[i], path.Child("matchExpressions").Index(i), errors);
        var fields = (term?.MatchFields).OrNone();
        for (var i = 0; i < fields.Count; i++)
            ValidateField(fields[i], path.Child("matchFields").Index(i), errors);
    }

    private static void ValidateExpression(V1NodeSelectorRequirement requirement, FieldPath path, FieldErrors errors)
    {
        var values = requirement.Values.OrNone();
        switch (requirement.OperatorProperty)
        {
            case "In" or "NotIn":
                if (values.Count == 0)
                    errors.Required(path.Child("values"), "must be specified when `operator` is 'In' or 'NotIn'");
                break;
            case "Exists" or "DoesNotExist":
                if (values.Count > 0)
                    errors.Forbidden(path.Child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                break;
            case "Gt" or "Lt":
                if (values.Count != 1)
                    errors.Required(path.Child("values"), "must be specified single value when `operator` is 'Lt' or 'Gt'");
                break;
            default:
                errors.Invalid(path.Child("operator"), requirement.OperatorProperty ?? "", "not a valid selector operator");
                break;
        }

        errors.Invalid(path.Child("key"), requirement.Key ?? "", NameRules.IsQualifiedName(requirement.Key ?? ""));
        for (var i = 0; i < values.Count; i++)
            errors.Invalid(path.Child("values").Index(i), values[i] ?? "", NameRules.IsValidLabelValue(values[i] ?? ""));
    }

    private static void ValidateField(V1NodeSelectorRequirement requirement, FieldPath path, FieldErrors errors)
    {
        if (!FieldOperators.Contains(requirement.OperatorProperty))
            errors.Invalid(path.Child("operator"), requirement.OperatorProperty ?? "", "not a valid selector operator");
        else if (requirement.Values.OrNone().Count != 1)
            errors.Required(path.Child("values"), "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");

        if (requirement.Key != "metadata.name")
        {
            errors.Invalid(path.Child("key"), requirement.Key ?? "", "not a valid field selector key");
            return;
        }

        var values = requirement.Values.OrNone();
        for (var i = 0; i < values.Count; i++)
            errors.Invalid(path.Child("values").Index(i), values[i] ?? "", NameRules.IsDns1123Subdomain(values[i] ?? ""));
    }
}
