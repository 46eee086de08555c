using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansOrchestrator.Node.Identity;

namespace OrleansOrchestrator.Node.Server;

/// <summary>Certificates that the node signs itself, in files that only its owner reads. Others know them by their hash.</summary>
internal static class SelfSigned
{
    /// <summary>The lower-case hexadecimal SHA-256 of a certificate.</summary>
    public static string HashOf(X509Certificate2 certificate) => Convert.ToHexStringLower(SHA256.HashData(certificate.RawData));

    /// <summary>Reads a certificate with its key.</summary>
    /// <returns>Null if there is none, or if the file was cut off.</returns>
    public static X509Certificate2? Load(string path)
    {
        try
        {
            return File.Exists(path) ? X509Certificate2.CreateFromPemFile(path) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Makes a certificate of the node with a new key, first in its file.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static X509Certificate2 Create(string path, string nodeName, IPAddress address, DateTimeOffset now, TimeSpan lifetime)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=system:node:{nodeName}, O=system:nodes", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(nodeName);
        names.AddIpAddress(address);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], critical: false));
        using var made = request.CreateSelfSigned(now.AddHours(-1), now + lifetime);
        OwnedFile.Write(path, $"{made.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
        return X509Certificate2.CreateFromPemFile(path);
    }
}
