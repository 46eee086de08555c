using System.Collections.Frozen;
using System.Security.Cryptography.X509Certificates;
using OrleansOrchestrator.Kinds.Certificates;

namespace OrleansOrchestrator.Controllers.Certificates;

/// <summary>What the cluster's signers sign.</summary>
/// <remarks>See https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers.</remarks>
internal static class SignerRules
{
    /// <summary>Certificates by which clients log in.</summary>
    public const string Client = "kubernetes.io/kube-apiserver-client";

    private const string ClientAuth = "client auth";
    private const string ServerAuth = "server auth";
    private const string DigitalSignature = "digital signature";
    private const string KeyEncipherment = "key encipherment";

    private static readonly FrozenDictionary<string, Func<SigningRequest, IReadOnlyCollection<string>, string?>> Rules =
        new Dictionary<string, Func<SigningRequest, IReadOnlyCollection<string>, string?>>
        {
            [Client] = (_, usages) => FaultOfClient(usages),
            [NodeSigners.Client] = FaultOfNodeClient,
            [NodeSigners.Serving] = FaultOfNodeServing,
        }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, string> Purposes = new Dictionary<string, string>
    {
        [ClientAuth] = "1.3.6.1.5.5.7.3.2",
        [ServerAuth] = "1.3.6.1.5.5.7.3.1",
    }.ToFrozenDictionary();

    /// <summary>Whether the cluster has this signer.</summary>
    public static bool Has(string? signer) => signer is not null && Rules.ContainsKey(signer);

    /// <summary>Why a signer of the cluster does not sign a request; null if it does.</summary>
    public static string? FaultOf(string signer, SigningRequest request, IReadOnlyCollection<string> usages) => Rules[signer](request, usages);

    /// <summary>What the key may do by usages that a signer of the cluster accepts.</summary>
    public static X509KeyUsageFlags KeyUsagesOf(IReadOnlyCollection<string> usages) =>
        (usages.Contains(DigitalSignature) ? X509KeyUsageFlags.DigitalSignature : X509KeyUsageFlags.None)
        | (usages.Contains(KeyEncipherment) ? X509KeyUsageFlags.KeyEncipherment : X509KeyUsageFlags.None);

    /// <summary>For what the certificate is good by such usages.</summary>
    public static IReadOnlyList<string> PurposesOf(IReadOnlyCollection<string> usages) => [.. usages.Where(Purposes.ContainsKey).Select(usage => Purposes[usage])];

    private static string? FaultOfClient(IReadOnlyCollection<string> usages) =>
        usages.FirstOrDefault(usage => usage is not (DigitalSignature or KeyEncipherment or ClientAuth)) is { } wrong
            ? $"invalid usage for client certificate: {wrong}"
            : usages.Contains(ClientAuth) ? null : $"missing required usage for client certificate: {ClientAuth}";

    private static string? FaultOfNodeClient(SigningRequest request, IReadOnlyCollection<string> usages) =>
        FaultOfOrganization(request)
        ?? (request.DnsNames.Count > 0 ? "DNS subjectAltNames are not allowed" : null)
        ?? (request.EmailAddresses.Count > 0 ? "Email subjectAltNames are not allowed" : null)
        ?? (request.IpAddresses.Count > 0 ? "IP subjectAltNames are not allowed" : null)
        ?? (request.Uris.Count > 0 ? "URI subjectAltNames are not allowed" : null)
        ?? FaultOfName(request)
        ?? FaultOfUsages(usages, ClientAuth);

    private static string? FaultOfNodeServing(SigningRequest request, IReadOnlyCollection<string> usages) =>
        FaultOfOrganization(request)
        ?? (request.DnsNames.Count + request.IpAddresses.Count == 0 ? "DNS or IP subjectAltName is required" : null)
        ?? (request.EmailAddresses.Count > 0 ? "Email subjectAltNames are not allowed" : null)
        ?? (request.Uris.Count > 0 ? "URI subjectAltNames are not allowed" : null)
        ?? FaultOfUsages(usages, ServerAuth)
        ?? FaultOfName(request);

    private static string? FaultOfOrganization(SigningRequest request) =>
        request.Subject.Organizations is [NodeSigners.Group] ? null : "subject organization is not system:nodes";

    private static string? FaultOfName(SigningRequest request) =>
        request.Subject.CommonName.StartsWith(NodeSigners.UserPrefix, StringComparison.Ordinal) ? null : "subject common name does not begin with system:node:";

    // Keys of elliptic curves encipher nothing.
    private static string? FaultOfUsages(IReadOnlyCollection<string> usages, string purpose)
    {
        string[] required = [purpose, DigitalSignature];
        var rest = usages.Except(required).ToList();
        return required.All(usages.Contains) && rest is [] or [KeyEncipherment]
            ? null
            : $"usages did not match [{string.Join(' ', required.Append(KeyEncipherment).Order(StringComparer.Ordinal))}]";
    }
}
