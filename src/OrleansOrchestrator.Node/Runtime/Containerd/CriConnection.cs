using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;

namespace OrleansOrchestrator.Node.Runtime.Containerd;

/// <summary>The connection to a runtime that speaks the Container Runtime Interface.</summary>
internal sealed class CriConnection : IDisposable
{
    /// <summary>How long the runtime may take to answer a query or to send a signal.</summary>
    public static readonly TimeSpan QuickTime = TimeSpan.FromSeconds(10);

    // The kubelet's bound: a node with many containers has a long list.
    private const int MessageBytesMax = 16 * 1024 * 1024;

    private readonly GrpcChannel _channel;
    private readonly TimeProvider _timeProvider;

    private CriConnection(GrpcChannel channel, TimeProvider timeProvider)
    {
        _channel = channel;
        _timeProvider = timeProvider;
        Runtime = new(channel);
        Images = new(channel);
    }

    public Cri.RuntimeService.RuntimeServiceClient Runtime { get; }

    public Cri.ImageService.ImageServiceClient Images { get; }

    /// <param name="endpoint">The address of the runtime's socket, such as <c>unix:///run/containerd/containerd.sock</c>.</param>
    /// <param name="timeProvider">The clock.</param>
    public static CriConnection Open(Uri endpoint, TimeProvider timeProvider)
    {
        var address = new UnixDomainSocketEndPoint(endpoint.LocalPath);
        var handler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(address, token);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };

        // The name is never looked up; the socket is the address.
        return new(
            GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
            {
                HttpHandler = handler,
                DisposeHttpClient = true,
                MaxReceiveMessageSize = MessageBytesMax,
                ThrowOperationCanceledOnCancellation = true,
            }),
            timeProvider);
    }

    /// <summary>Calls the runtime. It gives up a call that takes longer; <see cref="Timeout.InfiniteTimeSpan"/> is without a limit.</summary>
    /// <exception cref="RuntimeException">The call failed; see the inner exception.</exception>
    public async Task<T> CallAsync<T>(
        Func<CallOptions, AsyncUnaryCall<T>> call, TimeSpan within, string reason, CancellationToken cancellationToken)
    {
        DateTime? deadline = within == Timeout.InfiniteTimeSpan ? null : _timeProvider.GetUtcNow().Add(within).UtcDateTime;
        try
        {
            using var running = call(new CallOptions(deadline: deadline, cancellationToken: cancellationToken));
            return await running;
        }
        catch (RpcException exception)
        {
            throw CriErrors.ToRuntime(exception, within, reason);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw CriErrors.TimedOut(within, exception);
        }
    }

    public void Dispose() => _channel.Dispose();
}
