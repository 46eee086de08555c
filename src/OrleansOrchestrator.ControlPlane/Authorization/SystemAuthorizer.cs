using k8s.Models;

namespace OrleansOrchestrator.ControlPlane.Authorization;

/// <summary>
/// The rules that hold without configuration. Masters may do everything. Anyone may ask for health and version. Authenticated users may
/// read discovery, and ask who they are and what they may do.
/// </summary>
internal sealed class SystemAuthorizer : IAuthorizer
{
    private static readonly (string Group, string Resource)[] OwnReviews =
    [
        ("authentication.k8s.io", "selfsubjectreviews"),
        ("authorization.k8s.io", "selfsubjectaccessreviews"),
        ("authorization.k8s.io", "selfsubjectrulesreviews"),
    ];

    private static readonly AllowedActions ForMasters = new(
        [new V1ResourceRule { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"] }],
        [new V1NonResourceRule { Verbs = ["*"], NonResourceURLs = ["*"] }]);

    private static readonly AllowedActions ForAnyone = new([], [new V1NonResourceRule { Verbs = ["get"], NonResourceURLs = PublicPaths.Patterns }]);

    private static readonly AllowedActions ForKnown = new(
        [.. OwnReviews.Select(review => new V1ResourceRule { Verbs = [Verbs.Create], ApiGroups = [review.Group], Resources = [review.Resource] })],
        [new V1NonResourceRule { Verbs = ["get"], NonResourceURLs = DiscoveryPaths.Patterns }]);

    /// <inheritdoc/>
    public ValueTask<AuthorizationDecision> AuthorizeAsync(UserInfo user, AccessAttributes access, CancellationToken cancellationToken) =>
        ValueTask.FromResult(user.IsIn(WellKnownGroups.Masters) || IsPublic(access) || (user.IsIn(WellKnownGroups.Authenticated) && IsForKnown(access))
            ? AuthorizationDecision.Allowed
            : AuthorizationDecision.NoOpinion);

    /// <inheritdoc/>
    public ValueTask<AllowedActions> ListAllowedAsync(UserInfo user, string @namespace, CancellationToken cancellationToken)
    {
        var allowed = user.IsIn(WellKnownGroups.Masters) ? ForMasters : new AllowedActions([], []);
        if (user.IsIn(WellKnownGroups.Authenticated))
            allowed = allowed.And(ForKnown);
        return ValueTask.FromResult(allowed.And(ForAnyone));
    }

    private static bool IsPublic(AccessAttributes access) => IsRead(access) && PublicPaths.Contains(access.Path);

    private static bool IsForKnown(AccessAttributes access) => access.IsResource
        ? access.Verb == Verbs.Create && access.Subresource.Length == 0 && OwnReviews.Contains((access.Group, access.Resource))
        : IsRead(access) && DiscoveryPaths.Contains(access.Path);

    private static bool IsRead(AccessAttributes access) => !access.IsResource && access.Verb is ("get" or "head");
}
