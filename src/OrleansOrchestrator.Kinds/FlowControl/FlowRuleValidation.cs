using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.FlowControl;

/// <summary>Validates the rules that select the requests of a flow.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/apis/flowcontrol/validation.</remarks>
internal static class FlowRuleValidation
{
    private const string All = "*";
    private const string NamespaceIntroduction = "each member of this list must be '*' or a DNS-1123 label; ";

    private static readonly string[] Verbs =
        ["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];

    public static void ValidateResourceRule(V1ResourcePolicyRule rule, FieldPath path, FieldErrors errors)
    {
        ValidateVerbs(rule.Verbs.OrNone(), path.Child("verbs"), errors);
        ValidateList(rule.ApiGroups.OrNone(), "api groups", "resource rules must supply at least one api group", path.Child("apiGroups"), errors);
        ValidateList(rule.Resources.OrNone(), "resources", "resource rules must supply at least one resource", path.Child("resources"), errors);
        var namespaces = rule.Namespaces.OrNone();
        if (namespaces.Count == 0 && rule.ClusterScope == true)
            return;
        ValidateList(namespaces, "namespaces", "resource rules that are not cluster scoped must supply at least one namespace", path.Child("namespaces"), errors);
        for (var i = 0; !namespaces.Contains(All) && i < namespaces.Count; i++)
        {
            foreach (var fault in NameRules.IsDns1123Label(namespaces[i] ?? ""))
                errors.Invalid(path.Child("namespaces").Index(i), namespaces[i], NamespaceIntroduction + fault);
        }
    }

    public static void ValidateOtherRule(V1NonResourcePolicyRule rule, FieldPath path, FieldErrors errors)
    {
        ValidateVerbs(rule.Verbs.OrNone(), path.Child("verbs"), errors);
        var urls = rule.NonResourceURLs.OrNone();
        ValidateList(urls, "non-resource URLs", "nonResourceURLs must contain at least one value", path.Child("nonResourceURLs"), errors);
        for (var i = 0; !urls.Contains(All) && i < urls.Count; i++)
        {
            if (FaultOf(urls[i] ?? "") is { } fault)
                errors.Invalid(path.Child("nonResourceURLs").Index(i), urls[i] ?? "", fault);
        }
    }

    private static void ValidateVerbs(IList<string> verbs, FieldPath path, FieldErrors errors)
    {
        ValidateList(verbs, "verbs", "verbs must contain at least one value", path, errors);
        if (!verbs.Contains(All) && verbs.Except(Verbs).Any())
            errors.NotSupported(path, verbs, Verbs);
    }

    private static void ValidateList(IList<string> list, string what, string missing, FieldPath path, FieldErrors errors)
    {
        if (list.Count == 0)
            errors.Required(path, missing);
        else if (list.Count > 1 && list.Contains(All))
            errors.Invalid(path, list, $"if '*' is present, must not specify other {what}");
    }

    private static string? FaultOf(string url) => url switch
    {
        "" => "must not be empty",
        "/" => null,
        not ['/', ..] => "must start with slash",
        _ when url.Contains(' ', StringComparison.Ordinal) => "must not contain white-space",
        _ when url.Contains("//", StringComparison.Ordinal) => "must not contain double slash",
        _ when url.Count('*') > 1 || (url.Contains('*', StringComparison.Ordinal) && !url.EndsWith("/*", StringComparison.Ordinal)) =>
            "wildcard can only do suffix matching",
        _ => null,
    };

    private static int Count(this string text, char wanted) => text.AsSpan().Count(wanted);
}
