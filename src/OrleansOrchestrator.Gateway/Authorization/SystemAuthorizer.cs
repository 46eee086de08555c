using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.Gateway.Authentication;
using OrleansOrchestrator.Gateway.Requests;

namespace OrleansOrchestrator.Gateway.Authorization;

/// <summary>The rules that hold without any configuration: masters may do everything, anyone may ask for health and version.</summary>
internal sealed class SystemAuthorizer : IAuthorizer
{
    /// <inheritdoc/>
    public ValueTask<AuthorizationDecision> AuthorizeAsync(UserInfo user, RequestInfo request, CancellationToken cancellationToken) =>
        ValueTask.FromResult(user.IsIn(WellKnownGroups.Masters) || IsPublic(request)
            ? AuthorizationDecision.Allowed
            : AuthorizationDecision.NoOpinion);

    private static bool IsPublic(RequestInfo request) =>
        !request.IsResource && request.Verb is "get" or "head" && PublicPaths.Contains(request.Path);
}
