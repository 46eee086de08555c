using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansOrchestrator.Model.Names;

/// <summary>
/// IP addresses as Kubernetes parses them, stricter than <see cref="IPAddress"/>'s parser: parts of IPv4 addresses are decimal even
/// with leading zeros, and nothing may surround an address.
/// </summary>
public static class AddressSyntax
{
    /// <summary>Parses an address. An IPv4-mapped IPv6 address (<c>::ffff:10.0.0.1</c>) becomes an IPv4 address.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out IPAddress? address)
    {
        if (!TryParseAsWritten(text, out address))
            return false;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return true;
    }

    /// <summary>Parses a valid address.</summary>
    /// <exception cref="FormatException">The text is no address.</exception>
    public static IPAddress Parse(string text) => TryParse(text, out var address) ? address : throw new FormatException($"\"{text}\" is not an IP address");

    /// <summary>The canonical text of an address; the text itself if it is no address.</summary>
    public static string Canonical(string text) => TryParse(text, out var address) ? address.ToString() : text;

    /// <summary>The family of an address, <c>IPv4</c> or <c>IPv6</c>; null if it is no address.</summary>
    public static string? FamilyOf(string text) =>
        TryParse(text, out var address) ? address.AddressFamily == AddressFamily.InterNetwork ? "IPv4" : "IPv6" : null;

    private static bool TryParseAsWritten(string text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        if (!text.Contains(':', StringComparison.Ordinal))
            return TryParseDotted(text, out address);

        // The platform's parser also accepts brackets, ports and zones.
        return text.AsSpan().IndexOfAny("[]%/") < 0
            && IPAddress.TryParse(text, out address)
            && address.AddressFamily == AddressFamily.InterNetworkV6;
    }

    /// <summary>Whether a text is an address, a slash and a prefix length.</summary>
    public static bool IsCidr(string text) => TryParseCidr(text, out _, out _);

    /// <summary>Parses a network in CIDR notation: an address without bits beyond its prefix, a slash and the prefix's length.</summary>
    public static bool TryParseNetwork(string text, out IPNetwork network)
    {
        network = default;
        if (!TryParseCidr(text, out var address, out var bits) || !IsBase(address.GetAddressBytes(), bits))
            return false;
        network = new IPNetwork(address, bits);
        return true;
    }

    /// <summary>Parses a network in CIDR notation, whose address may have bits beyond its prefix, as that of an interface has.</summary>
    public static bool TryParseSubnet(string text, out IPNetwork network)
    {
        network = default;
        if (!TryParseCidr(text, out var address, out var bits))
            return false;
        var bytes = address.GetAddressBytes();
        for (var bit = bits; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        network = new IPNetwork(new IPAddress(bytes), bits);
        return true;
    }

    private static bool TryParseCidr(string text, [NotNullWhen(true)] out IPAddress? address, out int bits)
    {
        (address, bits) = (null, 0);
        var slash = text.IndexOf('/');
        if (slash < 0 || !TryParseAsWritten(text[..slash], out address))
            return false;
        var digits = text.AsSpan(slash + 1);
        var bitsMax = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        return digits.Length is > 0 and <= 3
            && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out bits)
            && bits <= bitsMax;
    }

    private static bool IsBase(byte[] address, int bits)
    {
        for (var bit = bits; bit < address.Length * 8; bit++)
        {
            if ((address[bit / 8] & (0x80 >> (bit % 8))) != 0)
                return false;
        }

        return true;
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

/// <summary>Questions about networks.</summary>
public static class NetworkExtensions
{
    extension(IPNetwork network)
    {
        /// <summary>Whether an address is in both networks. Networks overlap only if one contains the other.</summary>
        public bool Overlaps(IPNetwork other) => network.Contains(other.BaseAddress) || other.Contains(network.BaseAddress);
    }
}
