using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Authentication;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Gateway.ServiceAccounts;

/// <summary>Authenticates service accounts by their tokens, as long as the objects to which a token is bound exist.</summary>
internal sealed class ServiceAccountAuthenticator(ServiceAccountTokens tokens, TokenBindings bindings) : IAuthenticator
{
    /// <inheritdoc/>
    public ValueTask<AuthenticationOutcome> AuthenticateAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var token = BearerToken.Of(http.Request);
        return ServiceAccountTokens.IsTokenLike(token)
            ? JudgeAsync(token.ToString(), TokenAudiences.Wanted(http), cancellationToken)
            : ValueTask.FromResult(AuthenticationOutcome.NoCredentials);
    }

    private async ValueTask<AuthenticationOutcome> JudgeAsync(string token, IReadOnlyList<string> wanted, CancellationToken cancellationToken)
    {
        if (await tokens.ReadAsync(token) is not { } payload)
            return AuthenticationOutcome.Rejected;
        var audiences = wanted.Intersect(payload.Audiences, StringComparer.Ordinal).ToList();
        if (audiences.Count == 0 || !await bindings.IsGoodAsync(payload.Binding, cancellationToken))
            return AuthenticationOutcome.Rejected;
        return AuthenticationOutcome.Known(UserOf(payload.Binding.Namespace, payload.Binding.Account)) with { Audiences = audiences };
    }

    private static UserInfo UserOf(string @namespace, BoundObject account) => new(
        ServiceAccountName.Of(@namespace, account.Name),
        [.. ServiceAccountName.GroupsOf(@namespace), WellKnownGroups.Authenticated],
        account.Uid);
}
