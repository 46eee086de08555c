using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Rbac;

/// <summary>Validates the policy rules of roles.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/apis/rbac/validation.</remarks>
internal static class PolicyRuleValidation
{
    public static void Validate(IList<V1PolicyRule>? rules, bool isNamespaced, FieldErrors errors)
    {
        for (var i = 0; i < rules.OrNone().Count; i++)
            ValidateRule(rules![i], isNamespaced, FieldPath.Root("rules").Index(i), errors);
    }

    private static void ValidateRule(V1PolicyRule rule, bool isNamespaced, FieldPath path, FieldErrors errors)
    {
        if (rule.Verbs.OrNone().Count == 0)
            errors.Required(path.Child("verbs"), "verbs must contain at least one value");
        var hasGroups = rule.ApiGroups.OrNone().Count > 0;
        var resources = rule.Resources.OrNone().Count;
        var hasNames = rule.ResourceNames.OrNone().Count > 0;
        if (rule.NonResourceURLs.OrNone().Count > 0)
        {
            var urls = path.Child("nonResourceURLs");
            if (isNamespaced)
                errors.Invalid(urls, rule.NonResourceURLs, "namespaced rules cannot apply to non-resource URLs");
            if (hasGroups || resources > 0 || hasNames)
                errors.Invalid(urls, rule.NonResourceURLs, "rules cannot apply to both regular resources and non-resource URLs");
            return;
        }

        if (!hasGroups)
            errors.Required(path.Child("apiGroups"), "resource rules must supply at least one api group");
        if (resources == 0)
            errors.Required(path.Child("resources"), "resource rules must supply at least one resource");
    }
}
