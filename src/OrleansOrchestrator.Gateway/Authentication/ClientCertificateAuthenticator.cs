using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Identity;
using OrleansOrchestrator.Kinds.Certificates;

namespace OrleansOrchestrator.Gateway.Authentication;

/// <summary>Authenticates senders by a client certificate of the cluster's authority. Its common name is the user, its organizations
/// are the groups.</summary>
internal sealed class ClientCertificateAuthenticator(ClusterIdentity identity, TimeProvider time) : IAuthenticator
{
    private static readonly object ItemKey = new();

    /// <inheritdoc/>
    public ValueTask<AuthenticationOutcome> AuthenticateAsync(HttpContext http, CancellationToken cancellationToken)
    {
        if (http.Connection.ClientCertificate is not { } certificate)
            return ValueTask.FromResult(AuthenticationOutcome.NoCredentials);

        // A connection keeps its certificate: the chain is checked once per connection, and the lifetime at each request.
        var items = http.Features.Get<IConnectionItemsFeature>()?.Items;
        if (items?.TryGetValue(ItemKey, out var known) != true)
        {
            known = identity.Authority.IsIssuerOf(certificate, time.GetUtcNow()) ? UserOf(certificate) : null;
            if (items is not null)
                items[ItemKey] = known;
        }

        var isAlive = time.GetUtcNow() <= new DateTimeOffset(certificate.NotAfter);
        return ValueTask.FromResult(known is UserInfo user && isAlive ? AuthenticationOutcome.Known(user) : AuthenticationOutcome.Rejected);
    }

    /// <summary>The user that a certificate names; null if it does not name exactly one.</summary>
    internal static UserInfo? UserOf(X509Certificate2 certificate) => CertificateSubject.Read(certificate.SubjectName) is { } subject
        ? new UserInfo(subject.CommonName, [.. subject.Organizations, WellKnownGroups.Authenticated])
        : null;
}
