using Microsoft.AspNetCore.Http;

namespace OrleansOrchestrator.Gateway.Authentication;

/// <summary>Authenticates requests by one kind of credentials.</summary>
public interface IAuthenticator
{
    /// <summary>Looks for its kind of credentials and verifies them.</summary>
    ValueTask<AuthenticationOutcome> AuthenticateAsync(HttpContext http, CancellationToken cancellationToken);
}
