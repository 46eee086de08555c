using System.Globalization;
using System.Net.Sockets;
using System.Net.WebSockets;
using OrleansOrchestrator.Gateway.Nodes;

namespace OrleansOrchestrator.Gateway.Proxying;

/// <summary>Opens the connections of proxied requests: to a pod through the daemon of its node, to another address directly.</summary>
internal sealed class DestinationDialer(NodeClient nodes)
{
    /// <summary>Opens a connection for a request that carries its destination.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        if (!context.InitialRequestMessage.Options.TryGetValue(ProxyDestination.Key, out var destination))
            throw new InvalidOperationException("The request has no destination.");
        if (destination is not { Pod.Metadata: { } pod, Node: { } node })
            return await ConnectDirectlyAsync(destination, cancellationToken);
        var path = string.Create(
            CultureInfo.InvariantCulture, $"/dial/{Uri.EscapeDataString(pod.NamespaceProperty)}/{Uri.EscapeDataString(pod.Name)}/{destination.Port}");

        // No farewell at its end: it would block the thread that disposes of the connection, and HTTP needs none.
        return WebSocketStream.Create((await nodes.OpenAsync(node, path, [], cancellationToken)).Socket, WebSocketMessageType.Binary, TimeSpan.Zero);
    }

    private static async Task<Stream> ConnectDirectlyAsync(ProxyDestination destination, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(destination.Address, destination.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
