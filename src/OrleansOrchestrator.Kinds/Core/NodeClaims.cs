using System.Net;

namespace OrleansOrchestrator.Kinds.Core;

/// <summary>The names under which the store keeps the pod addresses of nodes.</summary>
public static class NodeClaims
{
    /// <summary>
    /// A range: the family, and the bits of the prefix. The name of a range begins with those of all ranges around it:
    /// <c>range/32/00001010</c> is 10.0.0.0/8.
    /// </summary>
    public static string Range(IPNetwork range)
    {
        var bytes = range.BaseAddress.GetAddressBytes();
        var family = $"range/{bytes.Length * 8}/";
        return string.Create(family.Length + range.PrefixLength, (family, bytes), static (text, of) =>
        {
            of.family.CopyTo(text);
            for (var bit = 0; bit < text.Length - of.family.Length; bit++)
                text[of.family.Length + bit] = (of.bytes[bit / 8] & (0x80 >> (bit % 8))) == 0 ? '0' : '1';
        });
    }
}
