using System.Collections.Frozen;
using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Quotas;

/// <summary>Validates resource quotas.</summary>
/// <remarks>See ValidateResourceQuota in k8s.io/kubernetes/pkg/apis/core/validation.</remarks>
internal static class ResourceQuotaValidation
{
    private const string BestEffort = "BestEffort";
    private const string PriorityClass = "PriorityClass";
    private const string ExistsText =
        "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";

    private static readonly FrozenSet<string> Compute = FrozenSet.Create(
        StringComparer.Ordinal,
        "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.ephemeral-storage",
        "limits.cpu", "limits.memory", "limits.ephemeral-storage");

    private static readonly FrozenSet<string> Counts = FrozenSet.Create(
        StringComparer.Ordinal,
        "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps", "persistentvolumeclaims",
        "services.nodeports", "services.loadbalancers");

    private static readonly FrozenSet<string> Scopes = FrozenSet.Create(
        StringComparer.Ordinal,
        "Terminating", "NotTerminating", BestEffort, "NotBestEffort", PriorityClass, "CrossNamespacePodAffinity");

    private static readonly string[][] Opposites = [[BestEffort, "NotBestEffort"], ["Terminating", "NotTerminating"]];

    public static void Validate(V1ResourceQuotaSpec? spec, FieldErrors errors)
    {
        ValidateAmounts(spec?.Hard, FieldPath.Spec.Child("hard"), errors);
        if (spec is { Scopes.Count: > 0 })
            ValidateScopes(spec, errors);
        if (spec?.ScopeSelector is { } selector)
            ValidateSelector(spec, selector, FieldPath.Spec.Child("scopeSelector").Child("matchExpressions"), errors);
    }

    public static void ValidateAmounts(IDictionary<string, ResourceQuantity>? amounts, FieldPath path, FieldErrors errors)
    {
        foreach (var (name, amount) in amounts.OrNone())
        {
            var at = path.Key(name);
            var faults = NameRules.IsQualifiedName(name);
            errors.Invalid(at, name, faults);
            if (faults.Count == 0 && !name.Contains('/', StringComparison.Ordinal) && !IsStandard(name))
                errors.Invalid(at, name, "must be a standard resource for quota");
            ResourceAmountRules.ValidateQuantity(name, amount, at, errors);
            if (IsCount(name) && Quantity.From(amount).MilliValue % 1000 != 0)
                errors.Invalid(at, Quantity.From(amount).ToString(), "must be an integer");
        }
    }

    private static void ValidateScopes(V1ResourceQuotaSpec spec, FieldErrors errors)
    {
        var path = FieldPath.Spec.Child("scopes");
        foreach (var scope in spec.Scopes)
        {
            if (!Scopes.Contains(scope))
                errors.Invalid(path, spec.Scopes, "unsupported scope");
            ValidateScopeApplies(scope, spec.Hard, spec.Scopes, path, errors);
        }

        ValidateOpposites(spec.Scopes, path, errors);
    }

    private static void ValidateSelector(V1ResourceQuotaSpec spec, V1ScopeSelector selector, FieldPath path, FieldErrors errors)
    {
        var requirements = selector.MatchExpressions.OrNone();
        foreach (var requirement in requirements)
        {
            if (!Scopes.Contains(requirement.ScopeName ?? ""))
                errors.Invalid(path.Child("scopeName"), requirement.ScopeName ?? "", "unsupported scope");
            ValidateScopeApplies(requirement.ScopeName ?? "", spec.Hard, selector, path, errors);
            if (Scopes.Contains(requirement.ScopeName ?? "") && requirement.ScopeName != PriorityClass && requirement.OperatorProperty != "Exists")
                errors.Invalid(path.Child("operator"), requirement.OperatorProperty ?? "", ExistsText);
            ValidateOperator(requirement, path, errors);
        }

        ValidateOpposites([.. requirements.Select(requirement => requirement.ScopeName ?? "")], path, errors);
    }

    private static void ValidateOperator(V1ScopedResourceSelectorRequirement requirement, FieldPath path, FieldErrors errors)
    {
        var values = requirement.Values.OrNone();
        switch (requirement.OperatorProperty)
        {
            case "In" or "NotIn":
                if (values.Count == 0)
                    errors.Required(path.Child("values"), "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector");
                break;
            case "Exists" or "DoesNotExist":
                if (values.Count > 0)
                    errors.Invalid(path.Child("values"), values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector");
                break;
            default:
                errors.Invalid(path.Child("operator"), requirement.OperatorProperty ?? "", "not a valid selector operator");
                break;
        }
    }

    // A scope restricts a quota to some pods, so the quota may limit only what pods use.
    private static void ValidateScopeApplies(
        string scope, IDictionary<string, ResourceQuantity>? hard, object told, FieldPath path, FieldErrors errors)
    {
        if (!Scopes.Contains(scope))
            return;
        foreach (var name in hard.OrNone().Keys.Order(StringComparer.Ordinal))
        {
            var applies = name == "pods" || (scope != BestEffort && Compute.Contains(name));
            if (IsStandard(name) && !applies)
                errors.Invalid(path, told, "unsupported scope applied to resource");
        }
    }

    private static void ValidateOpposites(IList<string> scopes, FieldPath path, FieldErrors errors)
    {
        foreach (var pair in Opposites)
        {
            if (pair.All(scopes.Contains))
                errors.Invalid(path, scopes, "conflicting scopes");
        }
    }

    private static bool IsStandard(string name) =>
        Compute.Contains(name) || Counts.Contains(name) || name == "requests.storage"
        || name.StartsWith("hugepages-", StringComparison.Ordinal) || name.StartsWith("requests.hugepages-", StringComparison.Ordinal);

    private static bool IsCount(string name) => Counts.Contains(name);
}
