using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Certificates;

/// <summary>Validates the certificate that a signer issues: only PEM, and never replaced.</summary>
internal static class IssuedCertificateRules
{
    private const string BlockLabel = "CERTIFICATE";

    public static void ValidateUpdate(byte[] updated, byte[] current, FieldErrors errors)
    {
        if (updated.AsSpan().SequenceEqual(current))
            return;
        var path = FieldPath.Status.Child("certificate");
        if (current.Length > 0)
            errors.Forbidden(path, "updates may not modify existing certificate content");
        if (updated.Length > 0 && FaultOf(Encoding.ASCII.GetString(updated)) is { } fault)
            errors.Invalid(path, "<certificate data>", fault);
    }

    private static string? FaultOf(string pem)
    {
        var rest = pem.AsSpan();
        var blocks = 0;
        while (PemEncoding.TryFind(rest, out var fields))
        {
            if (rest[fields.Label] is not BlockLabel)
                return $"only CERTIFICATE PEM blocks are allowed, found \"{rest[fields.Label]}\"";
            try
            {
                using var certificate = X509CertificateLoader.LoadCertificate(Convert.FromBase64String(rest[fields.Base64Data].ToString()));
            }
            catch (CryptographicException malformed)
            {
                return malformed.Message;
            }

            rest = rest[fields.Location.End..];
            blocks++;
        }

        return blocks == 0 ? "must contain at least one CERTIFICATE PEM block" : null;
    }
}
