using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Tunnels;

namespace OrleansOrchestrator.Gateway.WebSockets;

/// <summary>The answer to a request over a WebSocket. It reads and drops what the client sends, to notice when the client goes.</summary>
/// <remarks>See k8s.io/apimachinery/pkg/util/httpstream/wsstream.</remarks>
internal sealed class WebSocketReply : IAsyncDisposable
{
    // The client's messages are dropped, so that the size does not matter.
    private const int ReceivedBytes = 1024;
    // Some round trips for the client's close message; afterwards the connection is aborted.
    private static readonly TimeSpan CloseWithin = TimeSpan.FromSeconds(2);

    private readonly WebSocket _socket;
    private readonly CancellationTokenSource _ending;
    private readonly CancellationTokenSource _breaking = new();
    private readonly ITimer _patience;
    private readonly Task _receiving;
    private readonly TimeProvider _time;

    private WebSocketReply(WebSocket socket, MessageFraming framing, TimeProvider time, CancellationToken cancellationToken)
    {
        _socket = socket;
        _time = time;
        _ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Output = new MessageWriter(socket, framing, _breaking.Token);
        _patience = time.CreateTimer(static breaking => ((CancellationTokenSource)breaking!).Cancel(), _breaking, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _ending.Token.UnsafeRegister(static patience => ((ITimer)patience!).Change(CloseWithin, Timeout.InfiniteTimeSpan), _patience);
        _receiving = ReceiveAsync();
    }

    /// <summary>The output; each flush is sent.</summary>
    public MessageWriter Output { get; }

    /// <summary>Cancelled when the client has gone, or the request has ended.</summary>
    public CancellationToken Cancellation => _ending.Token;

    /// <summary>Whether a request came over a WebSocket.</summary>
    public static bool IsAskedFor(HttpContext http) => http.WebSockets.IsWebSocketRequest;

    /// <summary>Accepts the WebSocket with the first known subprotocol of the client, or with none if the client names none.</summary>
    /// <param name="http">The request.</param>
    /// <param name="framings">The known subprotocols; the empty one for a client that names none.</param>
    /// <param name="time">The clock of the close time-out.</param>
    /// <param name="cancellationToken">Ends the reply. A send in progress then has a moment to finish.</param>
    /// <exception cref="ApiException">400: none of the client's subprotocols is known.</exception>
    public static async Task<WebSocketReply> AcceptAsync(
        HttpContext http, IReadOnlyDictionary<string, MessageFraming> framings, TimeProvider time, CancellationToken cancellationToken)
    {
        var asked = http.WebSockets.WebSocketRequestedProtocols;
        var protocol = asked.Count == 0 ? "" : asked.FirstOrDefault(framings.ContainsKey)
            ?? throw ApiErrors.BadRequest(
                $"unable to negotiate protocol: client supports [{string.Join(' ', asked)}], server accepts [{string.Join(' ', framings.Keys)}]");
        var socket = await http.WebSockets.AcceptWebSocketAsync(protocol.Length == 0 ? null : protocol);
        return new WebSocketReply(socket, framings[protocol], time, cancellationToken);
    }

    /// <summary>Sends a close message, and waits a moment for the client's.</summary>
    public async ValueTask DisposeAsync()
    {
        await _socket.CloseAsync(_receiving, _time);
        _socket.Dispose();
        await _patience.DisposeAsync();
        _ending.Dispose();
        _breaking.Dispose();
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[ReceivedBytes];
        try
        {
            while ((await _socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None)).MessageType != WebSocketMessageType.Close)
            {
                // Messages of the client have no meaning here.
            }
        }
        catch (Exception gone) when (gone.IsGone())
        {
            // A broken connection counts as closed.
        }

        await _ending.CancelAsync();
    }
}
