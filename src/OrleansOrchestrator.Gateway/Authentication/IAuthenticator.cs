using Microsoft.AspNetCore.Http;

namespace OrleansOrchestrator.Gateway.Authentication;

/// <summary>Finds out who sends a request, by one kind of credentials.</summary>
public interface IAuthenticator
{
    /// <summary>Looks for its kind of credentials and judges them.</summary>
    ValueTask<AuthenticationOutcome> AuthenticateAsync(HttpContext http, CancellationToken cancellationToken);
}
