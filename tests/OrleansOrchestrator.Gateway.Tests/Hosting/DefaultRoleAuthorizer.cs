using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Kinds.Rbac;

namespace OrleansOrchestrator.Gateway.Tests.Hosting;

/// <summary>Allows what the default bindings grant to groups: what a control plane allows whose roles nobody has changed.</summary>
internal sealed class DefaultRoleAuthorizer : IAuthorizer
{
    private static readonly (string Group, IList<V1PolicyRule> Rules)[] Granted =
    [
        .. from binding in DefaultRoles.ClusterRoleBindings().Concat(JoinBindings.ClusterRoleBindings())
           from subject in binding.Subjects
           where subject.Kind == "Group"
           select (subject.Name, DefaultRoles.ClusterRoles().Single(role => role.Metadata.Name == binding.RoleRef.Name).Rules),
    ];

    public ValueTask<AuthorizationDecision> AuthorizeAsync(UserInfo user, AccessAttributes access, CancellationToken cancellationToken) =>
        ValueTask.FromResult(RulesOf(user).Any(rule => Allows(rule, access)) ? AuthorizationDecision.Allowed : AuthorizationDecision.NoOpinion);

    public ValueTask<AllowedActions> ListAllowedAsync(UserInfo user, string @namespace, CancellationToken cancellationToken) => ValueTask.FromResult(new AllowedActions(
        [.. RulesOf(user).Where(rule => rule.Resources is not null).Select(rule => new V1ResourceRule { Verbs = rule.Verbs, ApiGroups = rule.ApiGroups, Resources = rule.Resources })],
        [.. RulesOf(user).Where(rule => rule.NonResourceURLs is not null).Select(rule => new V1NonResourceRule { Verbs = rule.Verbs, NonResourceURLs = rule.NonResourceURLs })]));

    private static IEnumerable<V1PolicyRule> RulesOf(UserInfo user) => Granted.Where(grant => user.IsIn(grant.Group)).SelectMany(grant => grant.Rules);

    private static bool Allows(V1PolicyRule rule, AccessAttributes access) => Has(rule.Verbs, access.Verb)
        && (access.IsResource
            ? Has(rule.ApiGroups, access.Group) && Has(rule.Resources, access.Subresource.Length == 0 ? access.Resource : $"{access.Resource}/{access.Subresource}")
            : rule.NonResourceURLs?.Any(path => path == access.Path || (path.EndsWith('*') && access.Path.StartsWith(path[..^1], StringComparison.Ordinal))) is true);

    private static bool Has(IList<string>? values, string value) => values?.Any(one => one == "*" || one == value) is true;
}
