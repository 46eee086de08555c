using System.Net;
using System.Net.Sockets;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Node.Agent;

/// <summary>Finds the address of this node for others.</summary>
internal static class AdvertiseAddress
{
    /// <summary>Returns loopback if the API is reached over loopback; otherwise this machine's address on the route to the API.</summary>
    public static async Task<IPAddress> FindAsync(Uri server, CancellationToken cancellationToken)
    {
        var target = AddressSyntax.TryParse(server.Host.Trim('[', ']'), out var literal)
            ? literal
            : (await System.Net.Dns.GetHostAddressesAsync(server.Host, cancellationToken)).FirstOrDefault() ?? IPAddress.Loopback;
        if (IPAddress.IsLoopback(target))
            return IPAddress.Loopback;

        // Connecting a datagram socket sends nothing. It only asks the kernel for the route.
        using var socket = new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(new IPEndPoint(target, server.Port), cancellationToken);
        return ((IPEndPoint)socket.LocalEndPoint!).Address;
    }
}
