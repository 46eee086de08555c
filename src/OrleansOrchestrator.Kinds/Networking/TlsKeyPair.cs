using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s.Models;

namespace OrleansOrchestrator.Kinds.Networking;

/// <summary>The certificate and key of a secret of the type <c>kubernetes.io/tls</c>.</summary>
/// <param name="Certificate">The first certificate of <c>tls.crt</c>, with its key.</param>
/// <param name="Chain">The certificates that follow it.</param>
public sealed record TlsKeyPair(X509Certificate2 Certificate, X509Certificate2Collection Chain) : IDisposable
{
    /// <summary>The type of such secrets.</summary>
    public const string SecretType = "kubernetes.io/tls";

    private const string CertificateEntry = "tls.crt";
    private const string KeyEntry = "tls.key";

    /// <summary>Reads a secret.</summary>
    /// <param name="secret">The secret; null if there is none.</param>
    /// <param name="pair">What it holds; null if it cannot serve.</param>
    /// <param name="fault">Why it cannot serve, in words that follow its name; null if it can. It has nothing of the key.</param>
    public static bool TryRead(V1Secret? secret, [NotNullWhen(true)] out TlsKeyPair? pair, [NotNullWhen(false)] out string? fault)
    {
        pair = null;
        fault = secret switch
        {
            null => "does not exist",
            { Type: not SecretType } => $"is not of the type {SecretType}",
            _ when TextOf(secret, CertificateEntry).Length == 0 => $"has no {CertificateEntry}",
            _ when TextOf(secret, KeyEntry).Length == 0 => $"has no {KeyEntry}",
            _ => null,
        };
        if (fault is null)
            (pair, fault) = Parse(TextOf(secret!, CertificateEntry), TextOf(secret!, KeyEntry));
        return pair is not null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Certificate.Dispose();
        foreach (var certificate in Chain)
            certificate.Dispose();
    }

    private static (TlsKeyPair? Pair, string? Fault) Parse(string certificate, string key)
    {
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificate);
            if (chain.Count == 0)
                return (null, $"has no certificate in {CertificateEntry}");
            chain[0].Dispose();
            chain.RemoveAt(0);
            using var inMemory = X509Certificate2.CreateFromPem(certificate, key);
            // TLS on some platforms cannot use a key that exists in memory only, but can use one imported from PKCS #12.
            return (new TlsKeyPair(X509CertificateLoader.LoadPkcs12(inMemory.Export(X509ContentType.Pkcs12), null), chain), null);
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or ArgumentException or NotSupportedException)
        {
            return (null, $"has a certificate and a key that do not fit or cannot be read: {unreadable.Message}");
        }
    }

    private static string TextOf(V1Secret secret, string entry) =>
        secret.Data?.TryGetValue(entry, out var bytes) is true && bytes is not null ? Encoding.UTF8.GetString(bytes) : "";
}
