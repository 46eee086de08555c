using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Node.Dns;

/// <summary>Addresses within names.</summary>
internal static class AddressName
{
    // The longest text of an address.
    private const int TextCharsMax = 45;

    private const string V4Suffix = ".in-addr.arpa";
    private const string V6Suffix = ".ip6.arpa";

    /// <summary>An address as a label: with dashes for dots and colons.</summary>
    public static string Dashed(IPAddress address)
    {
        // A label may neither begin nor end with a dash, and "::1" is all the same with a zero before it.
        var text = address.ToString();
        if (text.StartsWith(':'))
            text = $"0{text}";
        if (text.EndsWith(':'))
            text += "0";
        return text.Replace('.', '-').Replace(':', '-');
    }

    /// <summary>Reads an address with dashes for dots or colons.</summary>
    /// <returns>Null if it is none.</returns>
    public static IPAddress? FromDashed(ReadOnlySpan<char> label)
    {
        // The names of endpoints are others as a rule, and need not be tried.
        if (label.Length > TextCharsMax || !label.Contains('-'))
            return null;
        var text = label.ToString();
        if (AddressSyntax.TryParse(text.Replace('-', '.'), out var v4))
            return v4.AddressFamily == AddressFamily.InterNetwork ? v4 : null;
        return AddressSyntax.TryParse(text.Replace('-', ':'), out var v6) && v6.AddressFamily == AddressFamily.InterNetworkV6 ? v6 : null;
    }

    /// <summary>Reads the address of a reverse name, such as <c>10.0.96.10.in-addr.arpa</c>.</summary>
    /// <returns>Null if it is no whole address.</returns>
    public static IPAddress? FromReverse(ReadOnlySpan<char> name) =>
        name.EndsWith(V4Suffix) ? V4FromReverse(name[..^V4Suffix.Length])
        : name.EndsWith(V6Suffix) ? V6FromReverse(name[..^V6Suffix.Length])
        : null;

    private static IPAddress? V4FromReverse(ReadOnlySpan<char> labels)
    {
        Span<byte> bytes = stackalloc byte[4];
        var at = bytes.Length;
        foreach (var range in labels.Split('.'))
        {
            if (--at < 0 || !byte.TryParse(labels[range], NumberStyles.None, CultureInfo.InvariantCulture, out bytes[at]))
                return null;
        }

        return at == 0 ? new IPAddress(bytes) : null;
    }

    private static IPAddress? V6FromReverse(ReadOnlySpan<char> labels)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (labels.Length != 63)
            return null;
        for (var i = 0; i < 32; i++)
        {
            if (!char.IsAsciiHexDigit(labels[2 * i]) || (i < 31 && labels[(2 * i) + 1] != '.'))
                return null;
            bytes[15 - (i / 2)] |= (byte)(Convert.ToInt32(labels[2 * i].ToString(), 16) << (4 * (i % 2)));
        }

        return new IPAddress(bytes);
    }
}
