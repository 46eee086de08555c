using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Authentication;

/// <summary>
/// Asks all authenticators in order; the first that knows the sender decides. A sender without credentials is anonymous. A sender whose
/// credentials nobody accepts is refused and not treated as anonymous.
/// </summary>
internal sealed class AuthenticatorChain(IEnumerable<IAuthenticator> authenticators, GatewayOptions options)
{
    private static readonly UserInfo Anonymous = new(WellKnownGroups.AnonymousUser, [WellKnownGroups.Unauthenticated]);
    private readonly IAuthenticator[] _authenticators = [.. authenticators];

    /// <summary>Authenticates the sender of a request.</summary>
    /// <exception cref="ApiException">401: the credentials are not accepted, or there are none and they are required.</exception>
    public async ValueTask<UserInfo> AuthenticateAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var outcome = await TryAuthenticateAsync(http, cancellationToken);
        if (outcome.User is { } user)
            return user;

        // An Authorization header with an unknown scheme is still an attempt to authenticate.
        var isRejected = outcome.IsRejected || http.Request.Headers.Authorization.Count > 0;
        return isRejected || !options.AllowAnonymous ? throw ApiErrors.Unauthorized() : Anonymous;
    }

    /// <summary>Authenticates the credentials of a request, if it has any.</summary>
    public async ValueTask<AuthenticationOutcome> TryAuthenticateAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var isRejected = false;
        foreach (var authenticator in _authenticators)
        {
            var outcome = await authenticator.AuthenticateAsync(http, cancellationToken);
            if (outcome.User is not null)
                return outcome;
            isRejected |= outcome.IsRejected;
        }

        return isRejected ? AuthenticationOutcome.Rejected : AuthenticationOutcome.NoCredentials;
    }
}
