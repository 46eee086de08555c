using System.Net;
using System.Net.Sockets;

namespace OrleansOrchestrator.Testing;

/// <summary>What a <see cref="FaultProxy"/> does with the next bytes of a connection.</summary>
public enum ProxyFault
{
    /// <summary>Passes everything on.</summary>
    None,

    /// <summary>Passes requests on, but ends the client's connection instead of delivering the first byte of a reply.</summary>
    LoseReply,

    /// <summary>Holds requests back and ends the client's connection. <see cref="FaultProxy.DeliverHeldAsync"/> delivers them late.</summary>
    HoldRequest,

    /// <summary>Passes on only the first half of the next request, then ends both connections.</summary>
    CutRequest,
}

/// <summary>A TCP proxy on 127.0.0.1 that drops, holds or cuts the traffic on command.</summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly int _serverPort;
    private readonly Task _accepting;
    private readonly TaskCompletionSource<(byte[] Request, Socket Server)> _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource _dropping = new();
    private volatile ProxyFault _fault;
    private volatile TaskCompletionSource? _stall;

    private FaultProxy(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where clients connect.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Starts a proxy in front of a server on 127.0.0.1.</summary>
    public static FaultProxy Start(int serverPort) => new(serverPort);

    /// <summary>Arms a fault. It strikes once, on the connection that is used next.</summary>
    public void Arm(ProxyFault fault) => _fault = fault;

    /// <summary>Ends all connections now, in whatever state they are.</summary>
    public void DropConnections() => Interlocked.Exchange(ref _dropping, new CancellationTokenSource()).Cancel();

    /// <summary>Holds all traffic in both directions, on new connections too, until <see cref="Resume"/>.</summary>
    public void Stall() => _stall ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Delivers the traffic that was held.</summary>
    public void Resume() => Interlocked.Exchange(ref _stall, null)?.SetResult();

    /// <summary>Delivers the held request, whose client has given up, and waits until the server has answered or has ended the connection.</summary>
    public async Task DeliverHeldAsync(CancellationToken cancellationToken)
    {
        var (request, server) = await _held.Task.WaitAsync(cancellationToken);
        using (server)
        {
            await server.SendAsync(request, cancellationToken);
            await server.ReceiveAsync(new byte[1], cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        if (_held.Task.IsCompletedSuccessfully)
            (await _held.Task).Server.Dispose();
        _stopping.Dispose();
        _dropping.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
                connections.Add(ServeAsync(await _listener.AcceptSocketAsync(_stopping.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, _dropping.Token);
        var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var keepServer = false;
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _serverPort, ended.Token);
            var replies = ForwardRepliesAsync(server, client, ended.Token);
            var requests = ForwardRequestsAsync(client, server, ended.Token);
            await Task.WhenAny(replies, requests);
            await ended.CancelAsync();
            keepServer = await requests;
            await replies;
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Either side may end at any time.
        }
        finally
        {
            client.Dispose();
            if (!keepServer)
                server.Dispose();
        }
    }

    private async Task ForwardRepliesAsync(Socket server, Socket client, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await server.ReceiveAsync(buffer, cancellationToken) is var count and > 0)
            {
                await PassAsync(cancellationToken);
                if (Strikes(ProxyFault.LoseReply))
                    return;
                await client.SendAsync(buffer.AsMemory(0, count), cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The other direction has ended the connection.
        }
    }

    /// <returns>Whether the server's connection stays open for a late delivery.</returns>
    private async Task<bool> ForwardRequestsAsync(Socket client, Socket server, CancellationToken cancellationToken)
    {
        var buffer = new byte[1024 * 1024];
        while (await client.ReceiveAsync(buffer, cancellationToken) is var count and > 0)
        {
            await PassAsync(cancellationToken);
            if (Strikes(ProxyFault.HoldRequest))
            {
                _held.SetResult((buffer[..count], server));
                return true;
            }

            if (Strikes(ProxyFault.CutRequest))
            {
                await server.SendAsync(buffer.AsMemory(0, count / 2), cancellationToken);
                return false;
            }

            await server.SendAsync(buffer.AsMemory(0, count), cancellationToken);
        }

        return false;
    }

    private Task PassAsync(CancellationToken cancellationToken) => _stall?.Task.WaitAsync(cancellationToken) ?? Task.CompletedTask;

    private bool Strikes(ProxyFault fault) =>
        _fault == fault && Interlocked.CompareExchange(ref _fault, ProxyFault.None, fault) == fault;
}
