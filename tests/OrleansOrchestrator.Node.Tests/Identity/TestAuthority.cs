using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansOrchestrator.Node.Tests.Identity;

/// <summary>An authority that signs whatever a test wants.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public TestAuthority()
    {
        var request = new CertificateRequest("CN=test-ca", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        Certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
    }

    public X509Certificate2 Certificate { get; }

    /// <summary>Signs a certificate for a key.</summary>
    /// <returns>The certificate as PEM.</returns>
    public string Sign(string subject, ECDsa key, DateTimeOffset from, DateTimeOffset until)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        using var made = request.Create(Certificate, from, until, [1, 2, 3]);
        return made.ExportCertificatePem();
    }

    public void Dispose()
    {
        Certificate.Dispose();
        _key.Dispose();
    }
}
