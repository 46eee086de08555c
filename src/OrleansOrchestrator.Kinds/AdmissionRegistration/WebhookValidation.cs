using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.AdmissionRegistration;

/// <summary>Validates admission webhooks.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/apis/admissionregistration/validation.</remarks>
internal static class WebhookValidation
{
    public const string Group = "admissionregistration.k8s.io";

    /// <summary>The kubectl category of the kinds that extend the API.</summary>
    public const string Category = "api-extensions";

    public static readonly string[] FailurePolicies = ["Fail", "Ignore"];
    public static readonly string[] MatchPolicies = ["Equivalent", "Exact"];

    private const int ConditionsMax = 64;

    private static readonly string[] SideEffects = ["None", "NoneOnDryRun"];
    private static readonly string[] ReviewVersions = ["v1", "v1beta1"];

    public static void Validate(IReadOnlyList<WebhookFacts> hooks, FieldErrors errors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < hooks.Count; i++)
        {
            var (hook, at) = (hooks[i], FieldPath.Root("webhooks").Index(i));
            ValidateHook(hook, at, errors);
            ValidateReviewVersions(hook.ReviewVersions.OrNone(), at.Child("admissionReviewVersions"), errors);
            if (!string.IsNullOrEmpty(hook.Name) && !names.Add(hook.Name))
                errors.Duplicate(at.Child("name"), hook.Name);
        }
    }

    /// <summary>Validates match conditions: they have unique names and an expression. The expression is not compiled here.</summary>
    public static void ValidateConditions(IList<V1MatchCondition> conditions, FieldPath path, FieldErrors errors)
    {
        if (conditions.Count > ConditionsMax)
            errors.TooMany(path, conditions.Count, ConditionsMax);
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < conditions.Count; i++)
        {
            var (condition, at) = (conditions[i], path.Index(i));
            if (string.IsNullOrWhiteSpace(condition.Expression))
                errors.Required(at.Child("expression"));
            if (string.IsNullOrEmpty(condition.Name))
            {
                errors.Required(at.Child("name"));
                continue;
            }

            errors.Invalid(at.Child("name"), condition.Name, NameRules.IsQualifiedName(condition.Name));
            if (!names.Add(condition.Name))
                errors.Duplicate(at.Child("name"), condition.Name);
        }
    }

    private static void ValidateHook(WebhookFacts hook, FieldPath path, FieldErrors errors)
    {
        DomainRules.ValidateFullyQualified(hook.Name, path.Child("name"), errors);
        WebhookRuleValidation.Validate(hook.Rules, path.Child("rules"), errors);
        ChoiceRules.ValidateOptional(hook.FailurePolicy, FailurePolicies, path.Child("failurePolicy"), errors);
        ChoiceRules.ValidateOptional(hook.MatchPolicy, MatchPolicies, path.Child("matchPolicy"), errors);
        if (hook.SideEffects is null)
            errors.Required(path.Child("sideEffects"), "must specify one of None, NoneOnDryRun");
        else if (!SideEffects.Contains(hook.SideEffects))
            errors.NotSupported(path.Child("sideEffects"), hook.SideEffects, SideEffects);
        if (hook.TimeoutSeconds is < 1 or > 30)
            errors.Invalid(path.Child("timeoutSeconds"), hook.TimeoutSeconds, "the timeout value must be between 1 and 30 seconds");
        LabelSelectorRules.Validate(hook.NamespaceSelector, path.Child("namespaceSelector"), errors);
        LabelSelectorRules.Validate(hook.ObjectSelector, path.Child("objectSelector"), errors);
        WebhookClientValidation.Validate(hook.Client, path.Child("clientConfig"), errors);
        ValidateConditions(hook.Conditions.OrNone(), path.Child("matchConditions"), errors);
    }

    private static void ValidateReviewVersions(IList<string> versions, FieldPath path, FieldErrors errors)
    {
        if (versions.Count == 0)
        {
            errors.Required(path, "must specify one of v1, v1beta1");
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < versions.Count; i++)
        {
            var version = versions[i] ?? "";
            if (!seen.Add(version))
                errors.Invalid(path.Index(i), version, "duplicate version");
            else
                errors.Invalid(path.Index(i), version, NameRules.IsDns1035Label(version));
        }

        if (!seen.Overlaps(ReviewVersions))
            errors.Invalid(path, versions, "must include at least one of v1, v1beta1");
    }
}
