using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Tests.Rbac;

/// <summary>Decides from the plain objects: every binding, every subject, every rule, in the words of the documentation.</summary>
internal sealed class ReferenceEvaluator
{
    public Dictionary<ObjectKey, IList<V1PolicyRule>> Roles { get; } = [];

    public Dictionary<ObjectKey, (V1RoleRef Role, IList<Rbacv1Subject> Subjects)> Bindings { get; } = [];

    public bool Allows(UserInfo user, AccessAttributes access) => Bindings.Any(binding =>
        binding.Key.Namespace is "" || binding.Key.Namespace == access.Namespace
            ? binding.Value.Subjects.Any(subject => Means(subject, user, binding.Key.Namespace))
                && RulesOf(binding.Value.Role, binding.Key.Namespace).Any(rule => Allows(rule, access))
            : false);

    public static bool Allows(V1PolicyRule rule, AccessAttributes access)
    {
        if (!rule.Verbs.Any(verb => verb == "*" || verb == access.Verb))
            return false;
        if (!access.IsResource)
            return rule.NonResourceURLs?.Any(url => url == access.Path || (url[^1] == '*' && access.Path.StartsWith(url.TrimEnd('*'), StringComparison.Ordinal))) is true;
        var asked = access.Subresource.Length == 0 ? access.Resource : access.Resource + "/" + access.Subresource;
        var name = access.Name.Length == 0 && access.Verb is "list" or "watch" && access.FieldSelector.StartsWith("metadata.name=", StringComparison.Ordinal)
            ? access.FieldSelector["metadata.name=".Length..]
            : access.Name;
        return rule.ApiGroups?.Any(group => group == "*" || group == access.Group) is true
            && rule.Resources?.Any(resource => resource == "*" || resource == asked || (access.Subresource.Length > 0 && resource == "*/" + access.Subresource)) is true
            && (rule.ResourceNames is null or { Count: 0 } || rule.ResourceNames.Contains(name));
    }

    private IEnumerable<V1PolicyRule> RulesOf(V1RoleRef role, string space) => Roles.GetValueOrDefault(new ObjectKey(role.Kind == "Role" ? space : "", role.Name), []);

    private static bool Means(Rbacv1Subject subject, UserInfo user, string space) => subject.Kind switch
    {
        "User" => subject.Name == user.Name,
        "Group" => user.Groups.Contains(subject.Name),
        _ => user.Name == $"system:serviceaccount:{subject.NamespaceProperty ?? space}:{subject.Name}",
    };
}
