using k8s.Models;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.Gateway.Authentication;
using OrleansOrchestrator.Gateway.Requests;

namespace OrleansOrchestrator.Gateway.Authorization;

/// <summary>
/// The rules that hold without any configuration: masters may do everything, anyone may ask for health and version, and
/// whoever is known may find out what is served, who they are and what they may do.
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
    public ValueTask<AuthorizationDecision> AuthorizeAsync(UserInfo user, RequestInfo request, CancellationToken cancellationToken) =>
        ValueTask.FromResult(user.IsIn(WellKnownGroups.Masters) || IsPublic(request) || (user.IsIn(WellKnownGroups.Authenticated) && IsForKnown(request))
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

    private static bool IsPublic(RequestInfo request) => IsRead(request) && PublicPaths.Contains(request.Path);

    private static bool IsForKnown(RequestInfo request) => request.IsResource
        ? request.Verb == Verbs.Create && request.Subresource.Length == 0 && OwnReviews.Contains((request.Group, request.Resource))
        : IsRead(request) && DiscoveryPaths.Contains(request.Path);

    private static bool IsRead(RequestInfo request) => !request.IsResource && request.Verb is ("get" or "head");
}
