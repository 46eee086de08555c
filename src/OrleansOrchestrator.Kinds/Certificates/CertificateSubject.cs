using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansOrchestrator.Kinds.Certificates;

/// <summary>Whom a certificate names.</summary>
/// <remarks>
/// Those who sign certificates and those to whom they are shown read them here, so that all see the same user. A subject that can be
/// read in more than one way names nobody. Everything else in a subject says nothing about the user, and is not signed.
/// </remarks>
/// <param name="CommonName">The user.</param>
/// <param name="Organizations">The user's groups.</param>
public sealed record CertificateSubject(string CommonName, IReadOnlyList<string> Organizations)
{
    private const string CommonNameOid = "2.5.4.3";
    private const string OrganizationOid = "2.5.4.10";

    /// <summary>Reads a subject; null unless it has exactly one common name, and none of its parts has several elements.</summary>
    public static CertificateSubject? Read(X500DistinguishedName name)
    {
        try
        {
            var parts = name.EnumerateRelativeDistinguishedNames(reversed: false).ToList();
            if (parts.Exists(part => part.HasMultipleElements))
                return null;
            var (names, organizations) = (ValuesOf(CommonNameOid), ValuesOf(OrganizationOid));
            return names is [{ Length: > 0 } only] && !organizations.Contains("") ? new CertificateSubject(only, organizations) : null;

            // A value that is no text counts as empty.
            List<string> ValuesOf(string oid) =>
                [.. parts.Where(part => part.GetSingleElementType().Value == oid).Select(part => part.GetSingleElementValue() ?? "")];
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>The subject of a certificate that names this user and these groups, and nothing else.</summary>
    public X500DistinguishedName ToName()
    {
        // The builder encodes what is added last as the first.
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName(CommonName);
        foreach (var organization in Organizations.Reverse())
            name.AddOrganizationName(organization);
        return name.Build();
    }
}
