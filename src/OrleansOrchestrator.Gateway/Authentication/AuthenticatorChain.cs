using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Authentication;

/// <summary>
/// Asks all authenticators in order; the first that knows the sender decides. A sender without any credentials is anonymous;
/// one whose credentials nobody accepts is refused, since it believes to be someone.
/// </summary>
internal sealed class AuthenticatorChain(IEnumerable<IAuthenticator> authenticators, GatewayOptions options)
{
    private static readonly UserInfo Anonymous = new(WellKnownGroups.AnonymousUser, [WellKnownGroups.Unauthenticated]);
    private readonly IAuthenticator[] _authenticators = [.. authenticators];

    /// <summary>Finds out who sends a request.</summary>
    /// <exception cref="ApiException">401: the credentials are not accepted, or there are none and they are needed.</exception>
    public async ValueTask<UserInfo> AuthenticateAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var outcome = await TryAuthenticateAsync(http, cancellationToken);
        if (outcome.User is { } user)
            return user;

        // An Authorization header of a scheme that nobody reads is still an attempt to be someone.
        var isRejected = outcome.IsRejected || http.Request.Headers.Authorization.Count > 0;
        return isRejected || !options.AllowAnonymous ? throw ApiErrors.Unauthorized() : Anonymous;
    }

    /// <summary>Finds out whose credentials a request has, if any.</summary>
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
