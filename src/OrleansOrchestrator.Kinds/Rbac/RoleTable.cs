using k8s.Models;

namespace OrleansOrchestrator.Kinds.Rbac;

/// <summary>Reads policy rules and bindings from short lines.</summary>
/// <remarks>
/// A rule is <c>VERBS GROUPS RESOURCES [NAMES]</c> or <c>VERBS PATHS</c>; values are separated by commas, <c>core</c> is the group
/// without a name, <c>read</c> and <c>write</c> stand for their verbs.
/// </remarks>
internal static class RoleTable
{
    private const string RbacGroup = RoleBindingRules.Group;
    private static readonly string[] Read = ["get", "list", "watch"];
    private static readonly string[] Write = ["create", "delete", "deletecollection", "patch", "update"];

    /// <summary>The rules of some lines.</summary>
    public static IList<V1PolicyRule> Rules(params IEnumerable<string> lines) => [.. lines.Select(Rule)];

    /// <summary>A role in a namespace.</summary>
    public static V1Role Role(string @namespace, string name, params IEnumerable<string> lines) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = @namespace },
        Rules = Rules(lines),
    };

    /// <summary>A role in the cluster.</summary>
    public static V1ClusterRole ClusterRole(string name, params IEnumerable<string> lines) => new()
    {
        Metadata = new V1ObjectMeta { Name = name },
        Rules = Rules(lines),
    };

    /// <summary>Grants a role in a namespace. A subject is <c>User:…</c>, <c>Group:…</c> or <c>ServiceAccount:NAMESPACE/NAME</c>.</summary>
    public static V1RoleBinding RoleBinding(string @namespace, string name, string role, params IEnumerable<string> subjects) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = @namespace },
        RoleRef = new V1RoleRef { ApiGroup = RbacGroup, Kind = "Role", Name = role },
        Subjects = [.. subjects.Select(Subject)],
    };

    /// <summary>Grants a role in the cluster.</summary>
    public static V1ClusterRoleBinding ClusterRoleBinding(string name, string role, params IEnumerable<string> subjects) => new()
    {
        Metadata = new V1ObjectMeta { Name = name },
        RoleRef = new V1RoleRef { ApiGroup = RbacGroup, Kind = "ClusterRole", Name = role },
        Subjects = [.. subjects.Select(Subject)],
    };

    private static V1PolicyRule Rule(string line) => line.Split(' ') switch
    {
        [var verbs, var paths] => new V1PolicyRule { Verbs = VerbsOf(verbs), NonResourceURLs = paths.Split(',') },
        [var verbs, var groups, var resources] => new V1PolicyRule { Verbs = VerbsOf(verbs), ApiGroups = GroupsOf(groups), Resources = resources.Split(',') },
        [var verbs, var groups, var resources, var names] =>
            new V1PolicyRule { Verbs = VerbsOf(verbs), ApiGroups = GroupsOf(groups), Resources = resources.Split(','), ResourceNames = names.Split(',') },
        _ => throw new FormatException($"not a rule: {line}"),
    };

    private static IList<string> VerbsOf(string verbs) =>
        [.. verbs.Split(',').SelectMany(verb => verb switch { "read" => Read, "write" => Write, _ => [verb] })];

    private static IList<string> GroupsOf(string groups) => [.. groups.Split(',').Select(group => group == "core" ? "" : group)];

    private static Rbacv1Subject Subject(string subject) => (subject[..subject.IndexOf(':', StringComparison.Ordinal)], subject[(subject.IndexOf(':', StringComparison.Ordinal) + 1)..]) switch
    {
        ("ServiceAccount", var account) => new Rbacv1Subject { Kind = "ServiceAccount", NamespaceProperty = account.Split('/')[0], Name = account.Split('/')[1] },
        var (kind, name) => new Rbacv1Subject { Kind = kind, ApiGroup = RbacGroup, Name = name },
    };
}
