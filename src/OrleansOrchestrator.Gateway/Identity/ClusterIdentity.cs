using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Hosting;

namespace OrleansOrchestrator.Gateway.Identity;

/// <summary>Reads a value that all silos share, or stores the proposed one if there is none. The first writer wins.</summary>
/// <param name="name">The value's name.</param>
/// <param name="propose">Makes the value to store if none exists.</param>
/// <param name="cancellationToken">Cancels the wait.</param>
public delegate Task<byte[]> SharedValue(string name, Func<byte[]> propose, CancellationToken cancellationToken);

/// <summary>The cluster's identity, shared by all silos: its certificate authorities, its administrator's token and the key of its
/// service accounts.</summary>
public sealed class ClusterIdentity : IDisposable
{
    /// <summary>The administrator's user name.</summary>
    public const string AdminUser = "kubernetes-admin";

    /// <summary>The gateway's user name at node daemons.</summary>
    public const string GatewayUser = "system:kube-apiserver";

    // 256 random bits, so that nobody can guess the token.
    private const int TokenBytes = 32;
    // A year, as kubeadm's client certificates.
    private static readonly TimeSpan ClientLifetime = TimeSpan.FromDays(365);
    private readonly TimeProvider _time;

    private ClusterIdentity(CertificateAuthority authority, CertificateAuthority frontProxyAuthority, string adminToken, ECDsa tokenKey, TimeProvider time)
    {
        Authority = authority;
        FrontProxyAuthority = frontProxyAuthority;
        AdminToken = adminToken;
        TokenKey = tokenKey;
        _time = time;
    }

    /// <summary>The certificate authority.</summary>
    public CertificateAuthority Authority { get; }

    /// <summary>The authority by which API servers behind the gateways recognise these. It vouches for no user here.</summary>
    public CertificateAuthority FrontProxyAuthority { get; }

    /// <summary>The bearer token of the administrator; printable ASCII.</summary>
    public string AdminToken { get; }

    /// <summary>The key that signs the tokens of service accounts.</summary>
    public ECDsa TokenKey { get; }

    /// <summary>Loads the identity of a cluster, or makes it at the cluster's first start.</summary>
    /// <param name="getOrAdd">Where the cluster stores it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="CryptographicException">The stored identity is damaged.</exception>
    /// <exception cref="ClockException">The machine's clock is wrong.</exception>
    public static async Task<ClusterIdentity> LoadAsync(SharedValue getOrAdd, TimeProvider time, CancellationToken cancellationToken)
    {
        var authority = await getOrAdd("certificate-authority", () => CertificateAuthority.Create(time.GetUtcNow()), cancellationToken);
        var token = await getOrAdd("admin-token", CreateToken, cancellationToken);
        var tokenKey = ECDsa.Create();
        tokenKey.ImportFromPem(Encoding.ASCII.GetString(await getOrAdd("service-account-key", CreateTokenKey, cancellationToken)));
        var loaded = CertificateAuthority.Load(authority);
        loaded.RequireGoodAt(time.GetUtcNow());
        var frontProxy = CertificateAuthority.Load(await getOrAdd(
            "front-proxy-authority", () => CertificateAuthority.Create(time.GetUtcNow(), "orleansorchestrator-front-proxy-ca"), cancellationToken));
        return new ClusterIdentity(loaded, frontProxy, Encoding.ASCII.GetString(token), tokenKey, time);
    }

    /// <summary>Issues a client certificate of the administrator, valid for a year.</summary>
    public X509Certificate2 IssueAdminCertificate() =>
        Authority.IssueClientCertificate(AdminUser, [WellKnownGroups.Masters], _time.GetUtcNow(), ClientLifetime);

    /// <summary>Issues the gateway's client certificate for node daemons, valid for a year.</summary>
    public X509Certificate2 IssueGatewayCertificate() =>
        Authority.IssueClientCertificate(GatewayUser, [WellKnownGroups.Masters], _time.GetUtcNow(), ClientLifetime);

    /// <summary>Issues the gateway's client certificate for other API servers, valid for a year.</summary>
    public X509Certificate2 IssueFrontProxyCertificate() =>
        FrontProxyAuthority.IssueClientCertificate(AuthenticationTrust.ProxyUser, [], _time.GetUtcNow(), ClientLifetime);

    /// <inheritdoc/>
    public void Dispose()
    {
        Authority.Dispose();
        FrontProxyAuthority.Dispose();
        TokenKey.Dispose();
    }

    private static byte[] CreateToken() => Encoding.ASCII.GetBytes(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes)));

    private static byte[] CreateTokenKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem());
    }
}
