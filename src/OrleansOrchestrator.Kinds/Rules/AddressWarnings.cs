using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Rules;

/// <summary>The warnings about addresses that programs read differently.</summary>
/// <remarks>See k8s.io/apimachinery/pkg/util/validation/ip.go.</remarks>
internal static class AddressWarnings
{
    /// <summary>Warns of addresses.</summary>
    public static void Add(IList<string>? addresses, FieldPath at, List<string> warnings)
    {
        for (var i = 0; i < addresses.OrNone().Count; i++)
            Add(addresses![i], at.Index(i), warnings);
    }

    /// <summary>Warns of an address.</summary>
    public static void Add(string? text, FieldPath at, List<string> warnings)
    {
        if (text is null || !AddressSyntax.TryParse(text, out var address) || address.ToString() == text)
            return;
        warnings.Add(address.AddressFamily == AddressFamily.InterNetwork
            ? $"{at}: non-standard IP address \"{text}\" will be considered invalid in a future Kubernetes release: use \"{address}\""
            : $"{at}: IPv6 address \"{text}\" should be in RFC 5952 canonical format (\"{address}\")");
    }

    /// <summary>Warns of a range of addresses.</summary>
    public static void AddRange(string? text, FieldPath at, List<string> warnings)
    {
        if (text is null || !AddressSyntax.IsCidr(text))
            return;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        AddressSyntax.TryParse(text[..slash], out var address);
        var isMapped = address!.AddressFamily == AddressFamily.InterNetwork && text.Contains(':', StringComparison.Ordinal);
        var bits = int.Parse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture) - (isMapped ? 96 : 0);
        if (bits < 0)
            return;
        var network = new IPNetwork(Masked(address, bits), bits);
        var before = warnings.Count;
        if (!network.BaseAddress.Equals(address))
            warnings.Add($"{at}: CIDR value \"{text}\" is ambiguous in this context (should be \"{network}\" or \"{address}/{address.GetAddressBytes().Length * 8}\"?)");
        if (address.AddressFamily == AddressFamily.InterNetwork && (isMapped || address.ToString() != text[..slash]))
            warnings.Add($"{at}: non-standard CIDR value \"{text}\" will be considered invalid in a future Kubernetes release: use \"{network}\"");
        if (warnings.Count == before && address.AddressFamily == AddressFamily.InterNetworkV6 && network.ToString() != text)
            warnings.Add($"{at}: IPv6 CIDR value \"{text}\" should be in RFC 5952 canonical format (\"{network}\")");
    }

    private static IPAddress Masked(IPAddress address, int bits)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] &= (byte)~(0xFF >> Math.Clamp(bits - (8 * i), 0, 8));
        return new IPAddress(bytes);
    }
}
