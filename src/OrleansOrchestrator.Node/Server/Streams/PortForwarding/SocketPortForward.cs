using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text;
using OrleansOrchestrator.Model.Tunnels;

namespace OrleansOrchestrator.Node.Server.Streams.PortForwarding;

/// <summary>
/// Forwarded ports over the channels of a WebSocket: one connection for each port that is asked for, with a channel for data and one for
/// errors. Each channel begins with the port's number.
/// </summary>
/// <remarks>See k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go.</remarks>
internal sealed class SocketPortForward(PortForwarder forwarder, ChannelSocket socket)
{
    /// <summary>The protocols of its WebSocket, apart from that of a caller that names none.</summary>
    public static readonly string[] Protocols = ["v4.channel.k8s.io", "v4.base64.channel.k8s.io"];

    private const int UnreadBytesMax = 64 * 1024;

    /// <summary>Serves the ports until their connections have ended, or the caller has gone.</summary>
    public async Task RunAsync(IReadOnlyList<ushort> ports, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Connection> connections = [.. ports.Select((port, index) => new Connection(socket, index, port))];
        foreach (var connection in connections)
            await connection.BeginAsync(over.Token);
        var receiving = ReceiveAsync(connections, over);
        await Task.WhenAll(connections.Select(connection => forwarder.ForwardAsync(connection, over.Token)));
        await socket.CloseAsync(receiving);
    }

    /// <summary>Hands received data on, and waits while a pod does not take it.</summary>
    private async Task ReceiveAsync(List<Connection> connections, CancellationTokenSource over)
    {
        try
        {
            while (await socket.ReceiveAsync() is { } part)
            {
                var channel = (int)part.Channel;
                if (channel % 2 == 0 && channel / 2 < connections.Count)
                    await connections[channel / 2].ReceiveAsync(part.Content, over.Token);
            }
        }
        catch (Exception gone) when (gone.IsGone())
        {
            // A broken connection counts as closed.
        }

        await over.CancelAsync();
    }

    private sealed class Connection(ChannelSocket socket, int index, ushort port) : IForwardedConnection
    {
        private readonly Pipe _received = new(new PipeOptions(pauseWriterThreshold: UnreadBytesMax, resumeWriterThreshold: UnreadBytesMax / 2, useSynchronizationContext: false));
        private readonly Channel _data = (Channel)(2 * index);
        private readonly Channel _error = (Channel)((2 * index) + 1);

        public int Port => port;

        public async Task BeginAsync(CancellationToken cancellationToken)
        {
            var number = new byte[sizeof(ushort)];
            BinaryPrimitives.WriteUInt16LittleEndian(number, port);
            await socket.SendAsync(_data, number, cancellationToken);
            await socket.SendAsync(_error, number, cancellationToken);
        }

        public async ValueTask ReceiveAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
            await _received.Writer.WriteAsync(bytes, cancellationToken);

        public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            var result = await _received.Reader.ReadAsync(cancellationToken);
            var taken = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, buffer.Length));
            System.Buffers.BuffersExtensions.CopyTo(taken, buffer.Span);
            _received.Reader.AdvanceTo(taken.End);
            return (int)taken.Length;
        }

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => socket.SendAsync(_data, bytes, cancellationToken);

        // The protocol has no end of a channel.
        public ValueTask CompleteAsync(CancellationToken cancellationToken) => default;

        public ValueTask FailAsync(string message, CancellationToken cancellationToken) =>
            socket.SendAsync(_error, Encoding.UTF8.GetBytes(message), cancellationToken);

        public ValueTask DisposeAsync() => _received.Reader.CompleteAsync();
    }
}
