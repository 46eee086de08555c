using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansOrchestrator.Node.Server;

/// <summary>The self-signed certificate of the node's server. Callers pin its hash from the node object.</summary>
internal static class ServingCertificate
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    // Ten years. Callers pin the certificate, so that a shorter validity would add nothing.
    private static readonly TimeSpan Validity = TimeSpan.FromDays(3650);

    /// <summary>The lower-case hexadecimal SHA-256 of the certificate.</summary>
    public static string HashOf(X509Certificate2 certificate) => Convert.ToHexStringLower(SHA256.HashData(certificate.RawData));

    /// <summary>Reads the certificate from the folder, or creates one there, readable by its owner alone.</summary>
    public static X509Certificate2 LoadOrCreate(string directory, string nodeName, IPAddress address, TimeProvider timeProvider)
    {
        var path = Path.Combine(directory, "serving.pem");
        if (File.Exists(path) && TryLoad(path) is { } existing)
        {
            if (existing.NotAfter.ToUniversalTime() > timeProvider.GetUtcNow().UtcDateTime)
                return existing;
            existing.Dispose();
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = Create(key, nodeName, address, timeProvider.GetUtcNow());
        using (var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
        }))
        using (var writer = new StreamWriter(file))
        {
            writer.WriteLine(made.ExportCertificatePem());
            writer.WriteLine(key.ExportPkcs8PrivateKeyPem());
        }

        return X509Certificate2.CreateFromPemFile(path);
    }

    private static X509Certificate2? TryLoad(string path)
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(path);
        }
        catch (CryptographicException)
        {
            // A truncated file is made anew; the node object then has the new hash.
            return null;
        }
    }

    private static X509Certificate2 Create(ECDsa key, string nodeName, IPAddress address, DateTimeOffset now)
    {
        var request = new CertificateRequest($"CN=system:node:{nodeName}, O=system:nodes", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(nodeName);
        names.AddIpAddress(address);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], critical: false));
        return request.CreateSelfSigned(now.AddHours(-1), now + Validity);
    }
}
