using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Kinds.Rbac;

/// <summary>Completes roles and bindings: what is missing of the wanted is added, and nothing is taken away.</summary>
/// <remarks>As k8s.io/component-helpers/auth/rbac/reconciliation at a start of the API server. An object whose annotation <see
/// cref="DefaultRoles.AutoUpdate"/> is <c>false</c> stays as it is.</remarks>
public static class RoleCompletion
{
    /// <summary>Completes a role in the cluster.</summary>
    /// <returns>The role to write; null if nothing is missing.</returns>
    public static V1ClusterRole? Complete(V1ClusterRole present, V1ClusterRole wanted) => Complete(present, wanted, completed =>
    {
        // A controller makes the rules of an aggregated role of its parts.
        var isChanged = wanted.AggregationRule is null && AddRules(completed.Rules, wanted.Rules, rules => completed.Rules = rules);
        if (wanted.AggregationRule is null)
        {
            isChanged |= completed.AggregationRule is not null;
            completed.AggregationRule = null;
            return isChanged;
        }

        var selectors = completed.AggregationRule?.ClusterRoleSelectors.OrNone() ?? [];
        var missing = wanted.AggregationRule.ClusterRoleSelectors.Where(selector => !selectors.Any(known => TextOf(known) == TextOf(selector))).ToList();
        if (missing.Count == 0)
            return isChanged;
        completed.AggregationRule = new V1AggregationRule { ClusterRoleSelectors = [.. selectors, .. missing] };
        return true;
    });

    /// <summary>Completes a role in a namespace.</summary>
    /// <returns>The role to write; null if nothing is missing.</returns>
    public static V1Role? Complete(V1Role present, V1Role wanted) =>
        Complete(present, wanted, completed => AddRules(completed.Rules, wanted.Rules, rules => completed.Rules = rules));

    /// <summary>Completes a grant in the cluster.</summary>
    /// <returns>The grant to write; null if nothing is missing.</returns>
    public static V1ClusterRoleBinding? Complete(V1ClusterRoleBinding present, V1ClusterRoleBinding wanted) =>
        Complete(present, wanted, completed => AddSubjects(completed.Subjects, wanted.Subjects, subjects => completed.Subjects = subjects));

    /// <summary>Completes a grant in a namespace.</summary>
    /// <returns>The grant to write; null if nothing is missing.</returns>
    public static V1RoleBinding? Complete(V1RoleBinding present, V1RoleBinding wanted) =>
        Complete(present, wanted, completed => AddSubjects(completed.Subjects, wanted.Subjects, subjects => completed.Subjects = subjects));

    /// <summary>Whether a grant is of another role, which no update can change: it is deleted and made anew, unless it is to be left alone.</summary>
    public static bool IsOfAnotherRole(V1ObjectMeta present, V1RoleRef of, V1RoleRef wanted) =>
        !IsLeftAlone(present) && (of.ApiGroup, of.Kind, of.Name) != (wanted.ApiGroup, wanted.Kind, wanted.Name);

    private static bool IsLeftAlone(V1ObjectMeta metadata) => metadata.Annotations.OrNone().TryGetValue(DefaultRoles.AutoUpdate, out var value) && value == "false";

    private static T? Complete<T>(T present, T wanted, Func<T, bool> addContent)
        where T : class, KubeObject
    {
        if (IsLeftAlone(present.Metadata))
            return null;
        var completed = ObjectCodec.Clone(present);
        var isChanged = addContent(completed);
        (completed.Metadata.Labels, var hasLabels) = With(completed.Metadata.Labels, wanted.Metadata.Labels);
        (completed.Metadata.Annotations, var hasAnnotations) = With(completed.Metadata.Annotations, wanted.Metadata.Annotations);
        return isChanged || hasLabels || hasAnnotations ? completed : null;
    }

    private static bool AddRules(IList<V1PolicyRule>? present, IList<V1PolicyRule>? wanted, Action<IList<V1PolicyRule>> set)
    {
        var missing = RuleCoverage.Missing(present.OrNone(), wanted.OrNone());
        if (missing.Count == 0)
            return false;
        set([.. present.OrNone(), .. missing]);
        return true;
    }

    private static bool AddSubjects(IList<Rbacv1Subject>? present, IList<Rbacv1Subject>? wanted, Action<IList<Rbacv1Subject>> set)
    {
        var missing = wanted.OrNone().Where(subject => !present.OrNone().Any(known => TextOf(known) == TextOf(subject))).ToList();
        if (missing.Count == 0)
            return false;
        set([.. present.OrNone(), .. missing]);
        return true;
    }

    private static (IDictionary<string, string>? Values, bool IsChanged) With(IDictionary<string, string>? present, IDictionary<string, string>? wanted)
    {
        var missing = wanted.OrNone().Where(item => !present.OrNone().ContainsKey(item.Key)).ToList();
        return missing.Count == 0 ? (present, false) : (new Dictionary<string, string>([.. present.OrNone(), .. missing]), true);
    }

    private static string TextOf<T>(T value) => JsonSerializer.Serialize(value, ObjectCodec.Options);
}
