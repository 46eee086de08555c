using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Node.Options;

/// <summary>The addresses of DNS servers: an IP address, or one with a port, as in <c>192.0.2.1:5353</c> and <c>[2001:db8::1]:5353</c>.</summary>
internal static class DnsServerAddress
{
    /// <summary>The port of DNS.</summary>
    public const int Port = 53;

    /// <summary>Reads an address.</summary>
    /// <returns>Null if it is none.</returns>
    public static IPEndPoint? Parse(string text)
    {
        if (AddressSyntax.TryParse(text, out var address))
            return new IPEndPoint(address, Port);
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
            return null;
        var host = text[..colon];
        var isBracketed = host is ['[', .., ']'];
        return AddressSyntax.TryParse(isBracketed ? host[1..^1] : host, out var one) && isBracketed == (one.AddressFamily == AddressFamily.InterNetworkV6)
            ? new IPEndPoint(one, port)
            : null;
    }
}
