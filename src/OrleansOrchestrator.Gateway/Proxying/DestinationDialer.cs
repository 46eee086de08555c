using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using OrleansOrchestrator.Gateway.Nodes;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Proxying;

/// <summary>Opens the connections of proxied requests: to a pod through the daemon of its node, to another address directly.</summary>
internal sealed class DestinationDialer(NodeClient nodes)
{
    /// <summary>Opens a connection for a request that carries its destination.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        if (!context.InitialRequestMessage.Options.TryGetValue(ProxyDestination.Key, out var destination))
            throw new InvalidOperationException("The request has no destination.");
        return destination is { Pod.Metadata: { } pod, Node: { } node }
            ? await ConnectAsync(node, new ObjectKey(pod.NamespaceProperty, pod.Name), destination.Port, cancellationToken)
            : await ConnectAsync(destination.Address, destination.Port, cancellationToken);
    }

    /// <summary>Opens a connection to a pod through the daemon of its node.</summary>
    public async Task<Stream> ConnectAsync(NodeEndpoint node, ObjectKey pod, int port, CancellationToken cancellationToken)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"/dial/{Uri.EscapeDataString(pod.Namespace)}/{Uri.EscapeDataString(pod.Name)}/{port}");

        // No farewell at its end: it would block the thread that disposes of the connection, and HTTP needs none.
        return WebSocketStream.Create((await nodes.OpenAsync(node, path, [], cancellationToken)).Socket, WebSocketMessageType.Binary, TimeSpan.Zero);
    }

    /// <summary>Opens a connection to an address.</summary>
    public static async Task<Stream> ConnectAsync(IPAddress address, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
