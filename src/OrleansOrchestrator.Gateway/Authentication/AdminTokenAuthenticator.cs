using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Identity;

namespace OrleansOrchestrator.Gateway.Authentication;

/// <summary>Authenticates the cluster's administrator by the bearer token in the kubeconfig that the cluster writes.</summary>
internal sealed class AdminTokenAuthenticator(ClusterIdentity identity) : IAuthenticator
{
    // Far above the length of the administrator's token: a longer token needs no comparison.
    private const int TokenBytesMax = 1024;
    private static readonly AuthenticationOutcome Admin = AuthenticationOutcome.Known(
        new UserInfo(ClusterIdentity.AdminUser, [WellKnownGroups.Masters, WellKnownGroups.Authenticated]));

    private readonly byte[] _token = Encoding.ASCII.GetBytes(identity.AdminToken);

    /// <inheritdoc/>
    public ValueTask<AuthenticationOutcome> AuthenticateAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var token = BearerToken.Of(http.Request);
        if (token.IsEmpty)
            return ValueTask.FromResult(AuthenticationOutcome.NoCredentials);
        return ValueTask.FromResult(IsAdmin(token) ? Admin : AuthenticationOutcome.Rejected);
    }

    private bool IsAdmin(ReadOnlySpan<char> token)
    {
        if (token.Length > TokenBytesMax)
            return false;
        Span<byte> bytes = stackalloc byte[TokenBytesMax * 3];
        var length = Encoding.UTF8.GetBytes(token, bytes);
        return CryptographicOperations.FixedTimeEquals(bytes[..length], _token);
    }
}
