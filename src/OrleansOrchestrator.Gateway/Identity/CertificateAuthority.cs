using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OrleansOrchestrator.Kinds.Certificates;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Gateway.Identity;

/// <summary>The cluster's certificate authority: signs the certificates of silos, users and nodes, and recognises its own.</summary>
public sealed class CertificateAuthority : IDisposable
{
    // Clocks of a cluster's machines may differ a little: a new certificate must be valid on all of them at once.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);
    // Ten years, as kubeadm's authority.
    private static readonly TimeSpan AuthorityLifetime = TimeSpan.FromDays(3650);
    private readonly X509Certificate2 _certificate;

    private CertificateAuthority(X509Certificate2 certificate) => _certificate = certificate;

    /// <summary>The authority's certificate as PEM, for clients that must trust it.</summary>
    public string CertificatePem => _certificate.ExportCertificatePem();

    /// <summary>Makes a new authority as a PEM bundle of key and certificate.</summary>
    /// <param name="now">The present time.</param>
    /// <param name="name">Its name. Authorities that a server trusts at the same time have different ones.</param>
    public static byte[] Create(DateTimeOffset now, string name = "orleansorchestrator-ca")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new CertificateSubject(name, []).ToName(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign | X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var certificate = request.CreateSelfSigned(now - ClockSkew, now + AuthorityLifetime);
        return Encoding.ASCII.GetBytes($"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
    }

    /// <summary>Loads the bundle that <see cref="Create"/> made.</summary>
    /// <exception cref="CryptographicException">It is no such bundle.</exception>
    public static CertificateAuthority Load(ReadOnlySpan<byte> bundle)
    {
        var pem = Encoding.ASCII.GetString(bundle);
        return new CertificateAuthority(X509Certificate2.CreateFromPem(pem, pem));
    }

    /// <summary>Requires that certificates of this authority are valid at a time.</summary>
    /// <exception cref="ClockException">They are not.</exception>
    public void RequireGoodAt(DateTimeOffset now)
    {
        var (from, until) = (new DateTimeOffset(_certificate.NotBefore), new DateTimeOffset(_certificate.NotAfter));
        if (now < from || now > until)
            throw new ClockException(now, from.ToUniversalTime(), until.ToUniversalTime());
    }

    /// <summary>Issues a server certificate.</summary>
    /// <param name="commonName">Its common name.</param>
    /// <param name="hosts">The names and addresses of the server.</param>
    /// <param name="now">The present time.</param>
    /// <param name="lifetime">The lifetime, cut to that of the authority.</param>
    public X509Certificate2 IssueServerCertificate(string commonName, IEnumerable<string> hosts, DateTimeOffset now, TimeSpan lifetime)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts.Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (AddressSyntax.TryParse(host, out var address))
                names.AddIpAddress(address);
            else
                names.AddDnsName(host);
        }

        return Issue(new CertificateSubject(commonName, []), names.Build(), Oids.ServerAuthentication, now, lifetime);
    }

    /// <summary>Issues a client certificate of a user, node or silo.</summary>
    /// <param name="user">The user.</param>
    /// <param name="groups">Its groups.</param>
    /// <param name="now">The present time.</param>
    /// <param name="lifetime">The lifetime, cut to that of the authority.</param>
    public X509Certificate2 IssueClientCertificate(string user, IReadOnlyList<string> groups, DateTimeOffset now, TimeSpan lifetime) =>
        Issue(new CertificateSubject(user, groups), null, Oids.ClientAuthentication, now, lifetime);

    /// <summary>Signs a certificate that somebody has asked for.</summary>
    /// <returns>The certificate as PEM.</returns>
    public byte[] Sign(CertificateOrder order)
    {
        var request = new CertificateRequest(order.Subject.ToName(), order.Key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        if (order.KeyUsages != X509KeyUsageFlags.None)
            request.CertificateExtensions.Add(new X509KeyUsageExtension(order.KeyUsages, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. order.Purposes.Select(purpose => new Oid(purpose))], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, true, false));
        if (order.Names is { } names)
            request.CertificateExtensions.Add(names);

        // The key of the request may be of another kind than that of the authority.
        using var key = _certificate.GetECDsaPrivateKey()!;
        using var certificate = request.Create(
            _certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(key), order.NotBefore, Cut(order.NotAfter), RandomNumberGenerator.GetBytes(16));
        return Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n");
    }

    /// <summary>Whether this authority issued a client certificate that is valid now.</summary>
    public bool IsIssuerOf(X509Certificate2 certificate, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_certificate);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(Oids.ClientAuthentication));
        return chain.Build(certificate);
    }

    /// <inheritdoc/>
    public void Dispose() => _certificate.Dispose();

    private DateTimeOffset Cut(DateTimeOffset end)
    {
        var last = new DateTimeOffset(_certificate.NotAfter);
        return end < last ? end : last;
    }

    private X509Certificate2 Issue(
        CertificateSubject subject, X509Extension? names, string usage, DateTimeOffset now, TimeSpan lifetime)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject.ToName(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, true, false));
        if (names is not null)
            request.CertificateExtensions.Add(names);

        using var certificate = request.Create(
            _certificate, now - ClockSkew, Cut(now + lifetime), RandomNumberGenerator.GetBytes(16));
        using var withKey = certificate.CopyWithPrivateKey(key);
        // TLS on some platforms cannot use a key that exists in memory only, but can use one imported from PKCS #12.
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }
}
