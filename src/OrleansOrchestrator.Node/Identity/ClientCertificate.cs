using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansOrchestrator.Kinds.Certificates;

namespace OrleansOrchestrator.Node.Identity;

/// <summary>
/// The certificate with which a daemon logs in, and its file: key and certificate together, readable by the owner alone, and replaced as a
/// whole. New connections use the newest certificate. Thread-safe.
/// </summary>
public sealed class ClientCertificate
{
    /// <summary>The file's name, as the kubelet's.</summary>
    public const string FileName = "kubelet-client-current.pem";

    private volatile X509Certificate2 _current;

    private ClientCertificate(string path, X509Certificate2 current) => (Path, _current) = (path, current);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The certificate with its key, for a new connection.</summary>
    public X509Certificate2 Current => _current;

    /// <summary>The node that it names.</summary>
    internal string User => CertificateSubject.Read(_current.SubjectName)!.CommonName;

    /// <summary>Reads the file.</summary>
    /// <returns>Null if there is none, or if it does not hold the whole certificate of this node.</returns>
    /// <exception cref="UnauthorizedAccessException">The file belongs to somebody else.</exception>
    internal static ClientCertificate? Load(string path, string nodeName)
    {
        try
        {
            var pem = File.ReadAllText(path);
            var certificate = WithKey(pem, pem);
            if (Names(certificate, nodeName))
                return new ClientCertificate(path, certificate);
            certificate.Dispose();
        }
        catch (Exception unusable) when (unusable is CryptographicException or ArgumentException or FileNotFoundException or DirectoryNotFoundException)
        {
            // A file that was cut off, or was never written, is like none.
        }

        return null;
    }

    /// <summary>Writes a certificate to its file.</summary>
    internal static ClientCertificate Create(string path, string certificatePem, string keyPem)
    {
        Write(path, certificatePem, keyPem);
        return new ClientCertificate(path, WithKey(certificatePem, keyPem));
    }

    /// <summary>Replaces the certificate, first in its file.</summary>
    internal void Replace(string certificatePem, string keyPem)
    {
        var renewed = WithKey(certificatePem, keyPem);
        Write(Path, certificatePem, keyPem);

        // The former one is not disposed of, because handshakes may still use it.
        _current = renewed;
    }

    /// <summary>Whether a certificate names a node and nobody else.</summary>
    internal static bool Names(X509Certificate2 certificate, string nodeName) =>
        CertificateSubject.Read(certificate.SubjectName) is { Organizations: [NodeSigners.Group] } subject && subject.CommonName == NodeSigners.UserPrefix + nodeName;

    private static void Write(string path, string certificatePem, string keyPem) => OwnedFile.Write(path, $"{certificatePem.TrimEnd()}\n{keyPem.TrimEnd()}\n");

    private static X509Certificate2 WithKey(string certificatePem, string keyPem)
    {
        using var made = X509Certificate2.CreateFromPem(certificatePem, keyPem);

        // TLS on some platforms cannot use a key that exists in memory only, but can use one imported from PKCS #12.
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
