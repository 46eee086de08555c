using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Tunnels;

namespace OrleansOrchestrator.Gateway.Streams;

/// <summary>
/// A request that becomes a SPDY connection. The daemon serves that connection: the gateway hands its bytes on over a WebSocket, as
/// kubectl does by itself for forwarded ports.
/// </summary>
internal sealed class SpdyUpgrade
{
    private const string ProtocolHeader = "X-Stream-Protocol-Version";

    // A TLS record: a larger buffer would not be sent at once.
    private const int BufferBytes = 16 * 1024;

    private readonly HttpContext _http;
    private readonly IHttpUpgradeFeature _upgrade;

    private SpdyUpgrade(HttpContext http, IHttpUpgradeFeature upgrade)
    {
        (_http, _upgrade) = (http, upgrade);
        var asked = http.Request.Headers[ProtocolHeader].SelectMany(line => (line ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).ToList();
        Protocols = asked.Count == 0 ? [SpdyTunnel.Unnamed] : [.. asked.Select(name => SpdyTunnel.Prefix + name)];
    }

    /// <summary>The subprotocols that stand for those of the client.</summary>
    public IReadOnlyList<string> Protocols { get; }

    /// <summary>The upgrade of a request; null if it asks for none to SPDY.</summary>
    public static SpdyUpgrade? Of(HttpContext http) =>
        http.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgrade
        && http.Request.Headers.Upgrade.Any(protocol => string.Equals(protocol, SpdyTunnel.Upgrade, StringComparison.OrdinalIgnoreCase))
            ? new SpdyUpgrade(http, upgrade)
            : null;

    /// <summary>Accepts the upgrade, and hands bytes on in both directions until the daemon has ended or the client has gone.</summary>
    /// <param name="node">The WebSocket to the daemon, and its subprotocol.</param>
    /// <param name="closeTime">How long the client may take to end after the daemon.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends both directions.</param>
    public async Task ServeAsync((WebSocket Socket, string Protocol) node, TimeSpan closeTime, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var daemon = WebSocketStream.Create(node.Socket, WebSocketMessageType.Binary, ownsWebSocket: true);
        var headers = _http.Response.Headers;
        headers.Connection = "Upgrade";
        headers.Upgrade = SpdyTunnel.Upgrade;
        if (node.Protocol.Length > SpdyTunnel.Prefix.Length)
            headers[ProtocolHeader] = node.Protocol[SpdyTunnel.Prefix.Length..];
        await using var client = await _upgrade.UpgradeAsync();

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var up = CopyAsync(client, daemon, over.Token);
        var down = CopyAsync(daemon, client, over.Token);

        // A client that has not read everything yet ends by itself; an end from this side could cut off the rest.
        if (await Task.WhenAny(up, down) == down)
            await up.CompletesWithinAsync(closeTime, time, over.Token);
        node.Socket.Abort();
        await over.CancelAsync();
        await Task.WhenAll(up, down);
    }

    private static async Task CopyAsync(Stream from, Stream to, CancellationToken cancellationToken)
    {
        try
        {
            await from.CopyToAsync(to, BufferBytes, cancellationToken);
        }
        catch (Exception gone) when (gone.IsGone())
        {
            // The other direction ends with it.
        }
    }
}
