using System.Security.Cryptography;
using System.Text;
using k8s.Models;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Kinds.Bootstrap;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Authentication;

/// <summary>Authenticates machines that join the cluster by the token of a Secret <c>bootstrap-token-&lt;id&gt;</c> in kube-system.</summary>
/// <remarks>https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/</remarks>
internal sealed class BootstrapTokenAuthenticator(IObjectClient objects, ResourceRegistry registry, TimeProvider time) : IAuthenticator
{
    /// <inheritdoc/>
    public async ValueTask<AuthenticationOutcome> AuthenticateAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var token = BearerToken.Of(http.Request);
        if (token.Length != BootstrapToken.Length || BootstrapToken.Parse(token.ToString()) is not { } shown)
            return AuthenticationOutcome.NoCredentials;
        return await FindAsync(shown, cancellationToken) is { } found && UserOf(found, shown) is { } user
            ? AuthenticationOutcome.Known(user)
            : AuthenticationOutcome.Rejected;
    }

    private UserInfo? UserOf(V1Secret secret, BootstrapToken shown)
    {
        if (secret.Metadata.DeletionTimestamp is not null
            || BootstrapToken.Of(secret) is not { } known || known.Id != shown.Id
            || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(known.Secret), Encoding.UTF8.GetBytes(shown.Secret))
            || !BootstrapToken.Has(secret, BootstrapToken.Authentication)
            || BootstrapToken.EndOf(secret) <= time.GetUtcNow())
        {
            return null;
        }

        var more = BootstrapToken.GroupsOf(secret);
        return more.All(BootstrapToken.IsGroup)
            ? new UserInfo(
                BootstrapToken.UserPrefix + known.Id, [WellKnownGroups.Bootstrappers, .. more.Distinct(StringComparer.Ordinal), WellKnownGroups.Authenticated])
            : null;
    }

    private async ValueTask<V1Secret?> FindAsync(BootstrapToken token, CancellationToken cancellationToken)
    {
        try
        {
            var found = await objects.GetAsync(registry[WellKnownResources.Secrets], new ObjectKey(BootstrapToken.Namespace, token.SecretName), Freshness.Latest, cancellationToken);
            return (V1Secret)found.SharedModel();
        }
        catch (ApiException missing) when (missing.Code == 404)
        {
            return null;
        }
    }
}
