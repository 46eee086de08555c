using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Kinds.Core.Quotas;

/// <summary>Decides which objects the scopes of a quota match. Only pods match a scope.</summary>
/// <remarks>See podMatchesScopeFunc in k8s.io/kubernetes/pkg/quota/v1/evaluator/core.</remarks>
internal static class QuotaScopes
{
    public static bool Match(V1ResourceQuotaSpec? spec, KubeObject obj)
    {
        foreach (var scope in (spec?.Scopes).OrNone())
        {
            if (!IsIn(scope, "Exists", [], obj))
                return false;
        }

        foreach (var requirement in (spec?.ScopeSelector?.MatchExpressions).OrNone())
        {
            if (!IsIn(requirement.ScopeName, requirement.OperatorProperty, requirement.Values.OrNone(), obj))
                return false;
        }

        return true;
    }

    /// <summary>Whether a pod may run for a limited time only.</summary>
    public static bool IsTerminating(V1Pod pod) => pod.Spec?.ActiveDeadlineSeconds is >= 0;

    private static bool IsIn(string? scope, string? @operator, IList<string> values, KubeObject obj) => obj is V1Pod pod && scope switch
    {
        "Terminating" => IsTerminating(pod),
        "NotTerminating" => !IsTerminating(pod),
        "BestEffort" => QosClass.Of(pod.Spec) == QosClass.BestEffort,
        "NotBestEffort" => QosClass.Of(pod.Spec) != QosClass.BestEffort,
        "PriorityClass" => Selects(@operator, values, pod.Spec?.PriorityClassName),
        "CrossNamespacePodAffinity" => CrossesNamespaces(pod.Spec?.Affinity),
        _ => false,
    };

    private static bool Selects(string? @operator, IList<string> values, string? value)
    {
        var isThere = !string.IsNullOrEmpty(value);
        return @operator switch
        {
            "Exists" => isThere,
            "DoesNotExist" => !isThere,
            "In" => isThere && values.Contains(value!),
            "NotIn" => !isThere || !values.Contains(value!),
            _ => false,
        };
    }

    private static bool CrossesNamespaces(V1Affinity? affinity)
    {
        IEnumerable<V1PodAffinityTerm> terms =
        [
            .. (affinity?.PodAffinity?.RequiredDuringSchedulingIgnoredDuringExecution).OrNone(),
            .. (affinity?.PodAffinity?.PreferredDuringSchedulingIgnoredDuringExecution).OrNone().Select(weighted => weighted.PodAffinityTerm),
            .. (affinity?.PodAntiAffinity?.RequiredDuringSchedulingIgnoredDuringExecution).OrNone(),
            .. (affinity?.PodAntiAffinity?.PreferredDuringSchedulingIgnoredDuringExecution).OrNone().Select(weighted => weighted.PodAffinityTerm),
        ];
        return terms.Any(term => term is { Namespaces.Count: > 0 } or { NamespaceSelector: not null });
    }
}
