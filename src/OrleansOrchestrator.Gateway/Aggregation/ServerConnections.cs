using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OrleansOrchestrator.Gateway.Identity;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Gateway.Proxying;

namespace OrleansOrchestrator.Gateway.Aggregation;

/// <summary>
/// The connections to aggregated servers: over TLS, for the name of the service, and with a certificate by which they know this server.
/// Requests to servers that are trusted in the same way share them. They speak HTTP/1.1, for <see cref="HeaderLines"/>.
/// </summary>
internal sealed class ServerConnections(DestinationDialer dialer, ClusterIdentity identity, GatewayOptions options, TimeProvider time) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ServerTrust, Pool> _pools = [];
    private readonly TimeSpan _idle = TimeSpan.FromSeconds(options.NodeIdleSecondsMax);
    private readonly RenewedCertificate _certificate = new(identity.IssueFrontProxyCertificate, time);

    /// <summary>The connections to servers that are trusted in a way.</summary>
    public HttpMessageInvoker this[ServerTrust trust]
    {
        get
        {
            lock (_lock)
            {
                if (!_pools.TryGetValue(trust, out var pool))
                {
                    ForgetIdle();
                    _pools[trust] = pool = new Pool(new HttpMessageInvoker(CreateHandler(trust)));
                }

                pool.UsedAt = time.GetTimestamp();
                return pool.Connections;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var pool in _pools.Values)
            pool.Connections.Dispose();
        _certificate.Dispose();
    }

    // Streams on released connections run to their end.
    private void ForgetIdle()
    {
        foreach (var (trust, pool) in _pools)
        {
            if (time.GetElapsedTime(pool.UsedAt) > 2 * _idle && _pools.Remove(trust))
                pool.Connections.Dispose();
        }
    }

    private SocketsHttpHandler CreateHandler(ServerTrust trust) => new()
    {
        ConnectCallback = dialer.ConnectAsync,
        ConnectTimeout = TimeSpan.FromSeconds(options.NodeConnectSecondsMax + options.NodeHandshakeSecondsMax),
        PooledConnectionIdleTimeout = _idle,
        RequestHeaderEncodingSelector = static (header, _) => RemoteUser.EncodingOf(header),
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        SslOptions = new SslClientAuthenticationOptions
        {
            LocalCertificateSelectionCallback = (_, _, _, _, _) => _certificate.Current,
            RemoteCertificateValidationCallback = (stream, certificate, chain, faults) =>
                trust.IsSkipped || Verify(trust, ((SslStream)stream).TargetHostName, certificate as X509Certificate2, chain, faults),
        },
    };

    /// <summary>Verifies a server's certificate.</summary>
    /// <exception cref="AuthenticationException">It is not to be trusted; in Go's words for the reason.</exception>
    private static bool Verify(ServerTrust trust, string name, X509Certificate2? certificate, X509Chain? presented, SslPolicyErrors faults)
    {
        if (certificate is null)
            throw new AuthenticationException("tls: server sent no certificate");
        if (!certificate.MatchesHostname(name, allowWildcards: true, allowCommonName: false))
            throw new AuthenticationException($"x509: certificate is not valid for {name}");
        if (trust.Authorities.Length == 0)
            return !faults.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) ? true : throw Untrusted();

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(Oids.ServerAuthentication));
        if (presented is not null)
            chain.ChainPolicy.ExtraStore.AddRange(presented.ChainElements.Select(element => element.Certificate).ToArray());
        try
        {
            chain.ChainPolicy.CustomTrustStore.ImportFromPem(Encoding.UTF8.GetString(trust.Authorities));
        }
        catch (CryptographicException malformed)
        {
            throw new AuthenticationException($"the caBundle cannot be read: {malformed.Message}");
        }

        if (chain.Build(certificate))
            return true;
        throw chain.ChainStatus.Any(status => status.Status.HasFlag(X509ChainStatusFlags.NotTimeValid))
            ? new AuthenticationException("x509: certificate has expired or is not yet valid")
            : Untrusted();
    }

    private static AuthenticationException Untrusted() => new("x509: certificate signed by unknown authority");

    private sealed record Pool(HttpMessageInvoker Connections)
    {
        public long UsedAt { get; set; }
    }
}
