using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Certificates;

/// <summary>Validates the request to a signer.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/apis/certificates/validation.</remarks>
internal static class CertificateRequestValidation
{
    private const string LegacySigner = "kubernetes.io/legacy-unknown";
    private const string BlockLabel = "CERTIFICATE REQUEST";
    private const int ExpirationSecondsMin = 600;

    private static readonly string[] Usages =
    [
        "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment",
        "decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel",
        "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime",
        "server auth", "signing", "timestamping",
    ];

    public static void Validate(V1CertificateSigningRequestSpec spec, FieldPath path, FieldErrors errors)
    {
        if (FaultOf(spec.Request ?? []) is { } fault)
            errors.Invalid(path.Child("request"), spec.Request ?? [], fault);
        ValidateUsages(spec.Usages.OrNone(), path.Child("usages"), errors);
        if (spec.SignerName == LegacySigner)
            errors.Invalid(path.Child("signerName"), spec.SignerName, "the legacy signerName is not allowed via this API version");
        else
            DomainRules.ValidateSigner(spec.SignerName, path.Child("signerName"), errors);
        if (spec.ExpirationSeconds < ExpirationSecondsMin)
            errors.Invalid(path.Child("expirationSeconds"), spec.ExpirationSeconds, "may not specify a duration less than 600 seconds (10 minutes)");
    }

    private static void ValidateUsages(IList<string> usages, FieldPath path, FieldErrors errors)
    {
        if (usages.Count == 0)
            errors.Required(path);
        for (var i = 0; i < usages.Count; i++)
            ChoiceRules.ValidateRequired(usages[i], Usages, path.Index(i), errors);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < usages.Count; i++)
        {
            if (!seen.Add(usages[i] ?? ""))
                errors.Duplicate(path.Index(i), usages[i]);
        }
    }

    /// <summary>Validates a request in PEM; null if it is valid. Its signature proves that the sender has the key.</summary>
    private static string? FaultOf(byte[] request)
    {
        var text = Encoding.ASCII.GetString(request);
        if (!PemEncoding.TryFind(text, out var fields) || text[fields.Label] != BlockLabel)
            return $"PEM block type must be {BlockLabel}";
        try
        {
            CertificateRequest.LoadSigningRequestPem(text[fields.Location], HashAlgorithmName.SHA256);
            return null;
        }
        catch (Exception refused) when (refused is CryptographicException or ArgumentException or NotSupportedException)
        {
            return refused.Message;
        }
    }
}
