using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace OrleansOrchestrator.Testing.Certificates;

/// <summary>Encodes subjects of certificates exactly as they are written, also those that nobody should make.</summary>
public static class SubjectName
{
    /// <summary>Encodes parts such as <c>CN=a, O=b+O=c</c>, in this order. The elements of a part are joined by a plus.</summary>
    public static X500DistinguishedName Of(string subject)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (var part in subject.Split(", ", StringSplitOptions.RemoveEmptyEntries))
            {
                using (writer.PushSetOf())
                {
                    foreach (var element in part.Split('+'))
                        Write(writer, element.Split('=', 2));
                }
            }
        }

        return new X500DistinguishedName(writer.Encode());
    }

    private static void Write(AsnWriter writer, string[] element)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(element[0] switch { "CN" => "2.5.4.3", "O" => "2.5.4.10", "OU" => "2.5.4.11", _ => element[0] });
            writer.WriteCharacterString(UniversalTagNumber.UTF8String, element[1]);
        }
    }
}
