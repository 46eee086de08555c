using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.Gateway.Requests;

namespace OrleansOrchestrator.Gateway.Authorization;

/// <summary>Asks all authorizers in order: the first that allows decides; if none does, the request is forbidden.</summary>
internal sealed class AuthorizerChain(IEnumerable<IAuthorizer> authorizers)
{
    private readonly IAuthorizer[] _authorizers = [.. authorizers];

    /// <summary>Requires that a user may do what a request asks.</summary>
    /// <exception cref="Model.Errors.ApiException">403: it may not.</exception>
    public async ValueTask RequireAsync(UserInfo user, RequestInfo request, CancellationToken cancellationToken)
    {
        var reason = "";
        foreach (var authorizer in _authorizers)
        {
            var decision = await authorizer.AuthorizeAsync(user, request, cancellationToken);
            if (decision.IsAllowed)
                return;
            if (reason.Length == 0)
                reason = decision.Reason;
        }

        throw Forbidden.Of(user, request, reason);
    }
}
