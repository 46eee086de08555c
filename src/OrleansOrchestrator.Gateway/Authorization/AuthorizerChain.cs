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
        var decision = await DecideAsync(user, request, cancellationToken);
        if (!decision.IsAllowed)
            throw Forbidden.Of(user, request, decision.Reason);
    }

    /// <summary>Decides whether a user may do what a request asks.</summary>
    public async ValueTask<AuthorizationDecision> DecideAsync(UserInfo user, RequestInfo request, CancellationToken cancellationToken)
    {
        var reason = "";
        foreach (var authorizer in _authorizers)
        {
            var decision = await authorizer.AuthorizeAsync(user, request, cancellationToken);
            if (decision.IsAllowed)
                return decision;
            if (reason.Length == 0)
                reason = decision.Reason;
        }

        return new AuthorizationDecision(false, reason);
    }

    /// <summary>Lists what a user may do in a namespace, by all authorizers.</summary>
    public async ValueTask<AllowedActions> ListAllowedAsync(UserInfo user, string @namespace, CancellationToken cancellationToken)
    {
        var all = new AllowedActions([], []);
        foreach (var authorizer in _authorizers)
            all = all.And(await authorizer.ListAllowedAsync(user, @namespace, cancellationToken));
        return all;
    }
}
