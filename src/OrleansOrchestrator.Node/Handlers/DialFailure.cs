using System.Globalization;
using System.Net.Sockets;

namespace OrleansOrchestrator.Node.Handlers;

/// <summary>Why there was no connection, in the kubelet's words.</summary>
internal static class DialFailure
{
    /// <param name="failure">The failure; null if the time was over.</param>
    /// <param name="host">The host.</param>
    /// <param name="port">The port.</param>
    public static string TextOf(SocketException? failure, string host, int port)
    {
        var address = string.Create(CultureInfo.InvariantCulture, $"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}");
        return failure?.SocketErrorCode switch
        {
            null => $"dial tcp {address}: i/o timeout",
            SocketError.ConnectionRefused => $"dial tcp {address}: connect: connection refused",
            SocketError.HostUnreachable => $"dial tcp {address}: connect: no route to host",
            SocketError.NetworkUnreachable => $"dial tcp {address}: connect: network is unreachable",
            SocketError.TimedOut => $"dial tcp {address}: connect: connection timed out",
            SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => $"dial tcp: lookup {host}: no such host",
            _ => $"dial tcp {address}: connect: {failure.Message}",
        };
    }
}
