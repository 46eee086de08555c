using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using k8s.Models;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Authentication;

/// <summary>Authenticates machines that join the cluster by the token of a Secret <c>bootstrap-token-&lt;id&gt;</c> in kube-system.</summary>
/// <remarks>https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/</remarks>
internal sealed partial class BootstrapTokenAuthenticator(IObjectClient objects, ResourceRegistry registry, TimeProvider time) : IAuthenticator
{
    private const string Namespace = "kube-system";
    private const string SecretType = "bootstrap.kubernetes.io/token";
    private const string SecretPrefix = "bootstrap-token-";
    private const int TokenLength = 6 + 1 + 16;
    private const string UserPrefix = "system:bootstrap:";

    /// <inheritdoc/>
    public async ValueTask<AuthenticationOutcome> AuthenticateAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var token = BearerToken.Of(http.Request);
        var match = token.Length == TokenLength ? Token().Match(token.ToString()) : Match.Empty;
        if (!match.Success)
            return AuthenticationOutcome.NoCredentials;
        var (id, secret) = (match.Groups[1].Value, match.Groups[2].Value);
        return await FindAsync(id, cancellationToken) is { } found && UserOf(found, id, secret) is { } user
            ? AuthenticationOutcome.Known(user)
            : AuthenticationOutcome.Rejected;
    }

    private UserInfo? UserOf(V1Secret secret, string id, string token)
    {
        if (secret.Type != SecretType || secret.Metadata.DeletionTimestamp is not null
            || Value("token-id") != id
            || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Value("token-secret")), Encoding.UTF8.GetBytes(token))
            || Value("usage-bootstrap-authentication") != "true"
            || HasExpired(Value("expiration")))
        {
            return null;
        }

        var more = Value("auth-extra-groups").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return Array.TrueForAll(more, group => Group().IsMatch(group))
            ? new UserInfo(UserPrefix + id, [WellKnownGroups.Bootstrappers, .. more.Distinct(StringComparer.Ordinal), WellKnownGroups.Authenticated])
            : null;

        string Value(string key) => secret.Data is { } data && data.TryGetValue(key, out var bytes) ? Encoding.UTF8.GetString(bytes) : "";
    }

    // A time that is not written by RFC 3339 is over.
    private bool HasExpired(string expiration) =>
        expiration.Length > 0
        && (!Rfc3339().IsMatch(expiration)
            || !DateTimeOffset.TryParse(expiration, CultureInfo.InvariantCulture, DateTimeStyles.None, out var end) || end <= time.GetUtcNow());

    private async ValueTask<V1Secret?> FindAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            var found = await objects.GetAsync(registry[WellKnownResources.Secrets], new ObjectKey(Namespace, SecretPrefix + id), Freshness.Latest, cancellationToken);
            return (V1Secret)found.SharedModel();
        }
        catch (ApiException missing) when (missing.Code == 404)
        {
            return null;
        }
    }

    [GeneratedRegex(@"\A([a-z0-9]{6})\.([a-z0-9]{16})\z")]
    private static partial Regex Token();

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})\z")]
    private static partial Regex Rfc3339();

    [GeneratedRegex(@"\Asystem:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]\z")]
    private static partial Regex Group();
}
