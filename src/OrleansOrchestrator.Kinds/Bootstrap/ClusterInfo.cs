using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace OrleansOrchestrator.Kinds.Bootstrap;

/// <summary>
/// What a machine learns of the cluster before it can trust it: the config map <c>kube-public/cluster-info</c>, which anybody may read.
/// Each bootstrap token signs it, so that who has a token can tell that it was not forged.
/// </summary>
/// <remarks>As kubeadm's: a detached JSON Web Signature (RFC 7515, appendix F) by HMAC-SHA-256 with the token's secret.</remarks>
public static class ClusterInfo
{
    /// <summary>The namespace of the config map.</summary>
    public const string Namespace = "kube-public";

    /// <summary>The name of the config map.</summary>
    public const string Name = "cluster-info";

    /// <summary>The key of the kubeconfig with the cluster's address and authority.</summary>
    public const string KubeConfigKey = "kubeconfig";

    /// <summary>The beginning of the keys of signatures; the token's id follows.</summary>
    public const string SignaturePrefix = "jws-kubeconfig-";

    private const string HashPrefix = "sha256:";

    /// <summary>The kubeconfig of a cluster.</summary>
    /// <param name="server">The address of the API.</param>
    /// <param name="authorityPem">The certificate of the cluster's authority.</param>
    public static string KubeConfig(string server, string authorityPem) =>
        $"""
        apiVersion: v1
        kind: Config
        clusters:
        - name: ""
          cluster:
            server: {JsonSerializer.Serialize(server)}
            certificate-authority-data: {AuthorityData(authorityPem)}
        contexts: []
        current-context: ""
        preferences: {"{}"}
        users: []

        """;

    /// <summary>An authority as a kubeconfig holds it.</summary>
    public static string AuthorityData(string authorityPem) => Convert.ToBase64String(Encoding.ASCII.GetBytes(authorityPem));

    /// <summary>Signs a kubeconfig with a token.</summary>
    public static string Sign(string kubeConfig, BootstrapToken token)
    {
        ArgumentNullException.ThrowIfNull(token);
        var header = Encode(Encoding.UTF8.GetBytes($$"""{"alg":"HS256","kid":"{{token.Id}}"}"""));
        return $"{header}..{Encode(HashOf(header, kubeConfig, token))}";
    }

    /// <summary>Whether a signature is one of a kubeconfig by a token.</summary>
    public static bool IsSignedBy(string kubeConfig, string? signature, BootstrapToken token)
    {
        ArgumentNullException.ThrowIfNull(token);
        if (signature?.Split('.') is not [{ Length: > 0 } header, "", { } given])
            return false;
        try
        {
            using var parsed = JsonDocument.Parse(Base64Url.DecodeFromChars(header));
            return parsed.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("alg", out var algorithm) && algorithm is { ValueKind: JsonValueKind.String } && algorithm.GetString() == "HS256"
                && CryptographicOperations.FixedTimeEquals(Base64Url.DecodeFromChars(given), HashOf(header, kubeConfig, token));
        }
        catch (Exception malformed) when (malformed is FormatException or JsonException)
        {
            return false;
        }
    }

    /// <summary>The hash of an authority's public key, as administrators pass it on: <c>sha256:</c> and hexadecimal digits.</summary>
    public static string PinOf(X509Certificate2 authority)
    {
        ArgumentNullException.ThrowIfNull(authority);
        return HashPrefix + Convert.ToHexStringLower(SHA256.HashData(authority.PublicKey.ExportSubjectPublicKeyInfo()));
    }

    /// <summary>Whether a text has the form of <see cref="PinOf"/>.</summary>
    public static bool IsPin(string text) =>
        text is { Length: 71 } && text.StartsWith(HashPrefix, StringComparison.Ordinal) && text.AsSpan(HashPrefix.Length).IndexOfAnyExcept("0123456789abcdefABCDEF") < 0;

    private static byte[] HashOf(string header, string kubeConfig, BootstrapToken token) =>
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(token.Secret), Encoding.ASCII.GetBytes($"{header}.{Encode(Encoding.UTF8.GetBytes(kubeConfig))}"));

    private static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
