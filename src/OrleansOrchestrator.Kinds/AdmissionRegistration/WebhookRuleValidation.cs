using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.AdmissionRegistration;

/// <summary>Validates the rules that select the requests for a webhook or policy.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/apis/admissionregistration/validation.</remarks>
internal static class WebhookRuleValidation
{
    /// <summary>Stands for all possible members of a list.</summary>
    private const string All = "*";

    private static readonly string[] Operations = [All, "CONNECT", "CREATE", "DELETE", "UPDATE"];
    private static readonly string[] Scopes = [All, "Cluster", "Namespaced"];

    public static void ApplyDefaults(IList<V1RuleWithOperations>? rules)
    {
        foreach (var rule in rules.OrNone())
            rule.Scope ??= All;
    }

    public static void Validate(IList<V1RuleWithOperations>? rules, FieldPath path, FieldErrors errors)
    {
        for (var i = 0; i < rules.OrNone().Count; i++)
        {
            var (rule, at) = (rules![i], path.Index(i));
            ValidateOperations(rule.Operations.OrNone(), at.Child("operations"), errors);
            ValidateList(rule.ApiGroups.OrNone(), "API groups", mayBeEmpty: true, at.Child("apiGroups"), errors);
            ValidateList(rule.ApiVersions.OrNone(), "API versions", mayBeEmpty: false, at.Child("apiVersions"), errors);
            WebhookResourceValidation.Validate(rule.Resources.OrNone(), at.Child("resources"), errors);
            if (rule.Scope is not null && !Scopes.Contains(rule.Scope))
                errors.NotSupported(at.Child("scope"), rule.Scope, Scopes);
        }
    }

    private static void ValidateOperations(IList<string> operations, FieldPath path, FieldErrors errors)
    {
        if (operations.Count == 0)
            errors.Required(path);
        if (operations.Count > 1 && operations.Contains(All))
            errors.Invalid(path, operations, "if '*' is present, must not specify other operations");
        for (var i = 0; i < operations.Count; i++)
        {
            if (!Operations.Contains(operations[i]))
                errors.NotSupported(path.Index(i), operations[i], Operations);
        }
    }

    private static void ValidateList(IList<string> list, string what, bool mayBeEmpty, FieldPath path, FieldErrors errors)
    {
        if (list.Count == 0)
            errors.Required(path);
        if (list.Count > 1 && list.Contains(All))
            errors.Invalid(path, list, $"if '*' is present, must not specify other {what}");
        for (var i = 0; !mayBeEmpty && i < list.Count; i++)
        {
            if (string.IsNullOrEmpty(list[i]))
                errors.Required(path.Index(i));
        }
    }
}
