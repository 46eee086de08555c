using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace OrleansOrchestrator.Kinds.Certificates;

/// <summary>A certificate signing request (PKCS #10), as far as signers look at it.</summary>
/// <remarks>RFC 2986; alternative names by RFC 5280, 4.2.1.6.</remarks>
public sealed record SigningRequest
{
    /// <summary>Why a request is refused that <see cref="Parse"/> does not read.</summary>
    public const string FaultOfUnreadable =
        "the request must be well-formed, and its subject must have exactly one common name and no multi-valued attributes";

    private const string AlternativeNamesOid = "2.5.29.17";

    private static readonly Asn1Tag Email = new(TagClass.ContextSpecific, 1);
    private static readonly Asn1Tag Dns = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag UniformResource = new(TagClass.ContextSpecific, 6);
    private static readonly Asn1Tag Ip = new(TagClass.ContextSpecific, 7);

    /// <summary>Whom the certificate is to name.</summary>
    public required CertificateSubject Subject { get; init; }

    /// <summary>The public key.</summary>
    public required PublicKey Key { get; init; }

    /// <summary>The names of servers.</summary>
    public IReadOnlyList<string> DnsNames { get; private init; } = [];

    /// <summary>The addresses of people.</summary>
    public IReadOnlyList<string> EmailAddresses { get; private init; } = [];

    /// <summary>The addresses of servers.</summary>
    public IReadOnlyList<IPAddress> IpAddresses { get; private init; } = [];

    /// <summary>The URIs.</summary>
    public IReadOnlyList<string> Uris { get; private init; } = [];

    /// <summary>The alternative names, as they were read; null if there are none. Names of other kinds are left out, as in Kubernetes.</summary>
    public X509Extension? Names
    {
        get
        {
            if (DnsNames.Count + EmailAddresses.Count + IpAddresses.Count + Uris.Count == 0)
                return null;
            var names = new AsnWriter(AsnEncodingRules.DER);
            using (names.PushSequence())
            {
                foreach (var (tag, texts) in new[] { (Dns, DnsNames), (Email, EmailAddresses), (UniformResource, Uris) })
                {
                    foreach (var text in texts)
                        names.WriteCharacterString(UniversalTagNumber.IA5String, text, tag);
                }

                foreach (var address in IpAddresses)
                    names.WriteOctetString(address.GetAddressBytes(), Ip);
            }

            return new X509Extension(AlternativeNamesOid, names.Encode(), critical: false);
        }
    }

    /// <summary>Reads a request in PEM; null if it is none, or does not name one user.</summary>
    public static SigningRequest? Parse(byte[]? pem)
    {
        try
        {
            var request = CertificateRequest.LoadSigningRequestPem(
                Encoding.ASCII.GetString(pem ?? []), HashAlgorithmName.SHA256, CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions);
            if (CertificateSubject.Read(request.SubjectName) is not { } subject)
                return null;
            var parsed = new SigningRequest { Subject = subject, Key = request.PublicKey };
            return request.CertificateExtensions.FirstOrDefault(extension => extension.Oid?.Value == AlternativeNamesOid) is { } names ? parsed.WithNames(names.RawData) : parsed;
        }
        catch (Exception malformed) when (malformed is CryptographicException or ArgumentException or NotSupportedException or AsnContentException)
        {
            return null;
        }
    }

    private SigningRequest WithNames(byte[] extension)
    {
        var (dns, emails, addresses, uris) = (new List<string>(), new List<string>(), new List<IPAddress>(), new List<string>());
        var names = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
        while (names.HasData)
        {
            var tag = names.PeekTag();
            if (tag.HasSameClassAndValue(Dns))
                dns.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, Dns));
            else if (tag.HasSameClassAndValue(Email))
                emails.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, Email));
            else if (tag.HasSameClassAndValue(UniformResource))
                uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, UniformResource));
            else if (tag.HasSameClassAndValue(Ip))
                addresses.Add(new IPAddress(names.ReadOctetString(Ip)));
            else
                names.ReadEncodedValue();
        }

        return this with { DnsNames = dns, EmailAddresses = emails, IpAddresses = addresses, Uris = uris };
    }
}
