using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;

namespace OrleansOrchestrator.Kinds.Rbac;

/// <summary>The table cells of bindings.</summary>
internal static class RoleBindingCells
{
    public static string Role(V1RoleRef? role) => $"{role?.Kind}/{role?.Name}";

    public static string Users(IList<Rbacv1Subject>? subjects) => Names(subjects, "User");

    public static string Groups(IList<Rbacv1Subject>? subjects) => Names(subjects, "Group");

    public static string ServiceAccounts(IList<Rbacv1Subject>? subjects) => string.Join(", ", subjects.OrNone()
        .Where(subject => subject.Kind == "ServiceAccount")
        .Select(subject => $"{subject.NamespaceProperty}/{subject.Name}"));

    private static string Names(IList<Rbacv1Subject>? subjects, string kind) =>
        string.Join(", ", subjects.OrNone().Where(subject => subject.Kind == kind).Select(subject => subject.Name));
}
