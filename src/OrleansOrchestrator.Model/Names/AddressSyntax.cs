using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansOrchestrator.Model.Names;

/// <summary>IP addresses as Kubernetes reads them, which is stricter than <see cref="IPAddress"/>'s own parser.</summary>
internal static class AddressSyntax
{
    public static bool TryParse(string text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        if (!text.Contains(':', StringComparison.Ordinal))
            return TryParseDotted(text, out address);

        // The platform's parser also takes brackets, ports and zones, which are no part of an address here.
        return text.AsSpan().IndexOfAny("[]%/") < 0
            && IPAddress.TryParse(text, out address)
            && address.AddressFamily == AddressFamily.InterNetworkV6;
    }

    public static bool IsCidr(string text)
    {
        var slash = text.IndexOf('/');
        if (slash < 0 || !TryParse(text[..slash], out var address))
            return false;
        var digits = text.AsSpan(slash + 1);
        var bitsMax = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        return digits.Length is > 0 and <= 3
            && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var bits)
            && bits <= bitsMax;
    }

    private static bool TryParseDotted(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        Span<byte> bytes = stackalloc byte[4];
        var count = 0;
        foreach (var range in text.Split('.'))
        {
            if (count == bytes.Length || !byte.TryParse(text[range], NumberStyles.None, CultureInfo.InvariantCulture, out bytes[count]))
                return false;
            count++;
        }

        if (count < bytes.Length)
            return false;
        address = new IPAddress(bytes);
        return true;
    }
}
