using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Tunnels;

namespace OrleansOrchestrator.Gateway.WebSockets;

/// <summary>
/// The answer to a request that came over a WebSocket. What the client sends is read and dropped, so that its leaving is noticed.
/// </summary>
/// <remarks>See k8s.io/apimachinery/pkg/util/httpstream/wsstream.</remarks>
internal sealed class WebSocketReply : IAsyncDisposable
{
    private const int ReceivedBytes = 1024;
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

    /// <summary>Takes what is to be sent; each flush sends it.</summary>
    public MessageWriter Output { get; }

    /// <summary>Ends when the client goes, or the request.</summary>
    public CancellationToken Cancellation => _ending.Token;

    /// <summary>Whether a request came over a WebSocket.</summary>
    public static bool IsAskedFor(HttpContext http) => http.WebSockets.IsWebSocketRequest;

    /// <summary>Accepts the WebSocket in the first of the client's subprotocols that is known, or in none if it names none.</summary>
    /// <param name="http">The request.</param>
    /// <param name="framings">The subprotocols, and the empty one for a client that names none.</param>
    /// <param name="time">Measures how long the client may take to close.</param>
    /// <param name="cancellationToken">Ends the reply. What is being sent then has a moment to arrive.</param>
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

    /// <summary>Says goodbye, and waits a moment for the client to do the same.</summary>
    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(CloseWithin, _time);
        try
        {
            if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
            await _receiving.WaitAsync(limit.Token);
        }
        catch (Exception gone) when (gone.IsGone())
        {
            // The client has gone without a word.
        }

        _socket.AbortUnlessClosed();
        await _receiving;
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
                // Nothing that a client sends means anything here.
            }
        }
        catch (Exception gone) when (gone.IsGone())
        {
            // A client that breaks the connection is as gone as one that closes it.
        }

        await _ending.CancelAsync();
    }
}
