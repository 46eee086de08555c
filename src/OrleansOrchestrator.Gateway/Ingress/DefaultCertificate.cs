using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansOrchestrator.Gateway.Identity;

namespace OrleansOrchestrator.Gateway.Ingress;

/// <summary>The certificate for names for which no ingress has one: signed by itself, so that nobody trusts it by mistake.</summary>
internal sealed class DefaultCertificate(TimeProvider time) : IDisposable
{
    private const string Name = "orchestrator-ingress-default";

    // A year, as the silo's own.
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private readonly RenewedCertificate _certificate = new(() => Create(time.GetUtcNow()), time);
    private (X509Certificate2 Certificate, SslStreamCertificateContext Context)? _last;

    /// <summary>The certificate for TLS handshakes: the same instance while it is valid, so that TLS sessions can be resumed.</summary>
    public SslStreamCertificateContext Context
    {
        get
        {
            lock (_lock)
            {
                var current = _certificate.Current;
                if (_last?.Certificate != current)
                    _last = (current, SslStreamCertificateContext.Create(current, additionalCertificates: null, offline: true));
                return _last.Value.Context;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _certificate.Dispose();

    private static X509Certificate2 Create(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(Oids.ServerAuthentication)], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Name);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(now - ClockSkew, now + Lifetime);
        // TLS on some platforms cannot use a key that exists in memory only, but can use one imported from PKCS #12.
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }
}
