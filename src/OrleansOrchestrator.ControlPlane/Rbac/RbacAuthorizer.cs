using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;

namespace OrleansOrchestrator.ControlPlane.Rbac;

/// <summary>Allows users what the roles allow that are granted to them or to their groups.</summary>
/// <remarks>
/// https://kubernetes.io/docs/reference/access-authn-authz/rbac/. Nothing is refused because this silo is behind: before a refusal it waits until it
/// knows all roles and bindings of which anybody has been told. What is allowed is as old as what the silo last heard from the store.
/// </remarks>
internal sealed class RbacAuthorizer(RbacCaches caches) : IAuthorizer
{
    /// <inheritdoc/>
    public ValueTask<AuthorizationDecision> AuthorizeAsync(UserInfo user, AccessAttributes access, CancellationToken cancellationToken)
    {
        var decision = caches.Index.Decide(user, access);
        return decision.IsAllowed ? ValueTask.FromResult(decision) : DecideCurrentAsync(user, access, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<AllowedActions> ListAllowedAsync(UserInfo user, string @namespace, CancellationToken cancellationToken)
    {
        await caches.EnsureCurrentAsync(cancellationToken);
        var (rules, fault) = caches.Index.RulesOf(user, @namespace);
        return new AllowedActions(
            [
                .. rules.Where(rule => rule.Resources is { Count: > 0 })
                    .Select(rule => new V1ResourceRule { Verbs = rule.Verbs, ApiGroups = rule.ApiGroups, Resources = rule.Resources, ResourceNames = rule.ResourceNames }),
            ],
            [.. rules.Where(rule => rule.NonResourceURLs is { Count: > 0 }).Select(rule => new V1NonResourceRule { Verbs = rule.Verbs, NonResourceURLs = rule.NonResourceURLs })])
        {
            Fault = fault,
        };
    }

    private async ValueTask<AuthorizationDecision> DecideCurrentAsync(UserInfo user, AccessAttributes access, CancellationToken cancellationToken)
    {
        // Whether a silo lives must not depend on the store, nor on whether it takes the first roles.
        if (!(caches.AreFilled && caches.HasDefaults) && PublicPaths.Contains(access))
            return AuthorizationDecision.Allowed;
        await caches.EnsureCurrentAsync(cancellationToken);
        return caches.Index.Decide(user, access);
    }
}
