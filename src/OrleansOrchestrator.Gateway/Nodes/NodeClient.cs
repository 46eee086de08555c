using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OrleansOrchestrator.Gateway.Identity;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Nodes;

/// <summary>
/// Calls node daemons over mutual TLS. A daemon has a self-signed certificate, which is trusted by the fingerprint in the node object
/// that only the node may write. Calls and streams of a node share HTTP/2 connections, each verified against the node's present
/// fingerprints: a new address or fingerprint uses new connections.
/// </summary>
internal sealed class NodeClient(ClusterIdentity identity, TunnelDialer dialer, GatewayOptions options, TimeProvider time) : IDisposable
{
    // An error is a sentence; the rest of a longer body is dropped.
    private const int ErrorBytesMax = 8 * 1024;
    private const string WebSocketProtocol = "websocket";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Pool> _pools = new(StringComparer.Ordinal);
    private readonly TimeSpan _idle = TimeSpan.FromSeconds(options.NodeIdleSecondsMax);
    private readonly RenewedCertificate _certificate = new(identity.IssueGatewayCertificate, time);

    /// <summary>Sends a GET and returns when the response headers have arrived.</summary>
    /// <exception cref="ApiException">503: the daemon cannot be reached, or its certificate does not match the node object.</exception>
    /// <exception cref="NodeRefusedException">The daemon answered with an error.</exception>
    public Task<HttpResponseMessage> GetAsync(NodeEndpoint node, string pathAndQuery, CancellationToken cancellationToken) =>
        SendAsync(node, new HttpRequestMessage(HttpMethod.Get, new Uri(node.Address, pathAndQuery)), cancellationToken);

    /// <summary>Opens a WebSocket to a daemon. It has flow control in both directions.</summary>
    /// <param name="node">The node.</param>
    /// <param name="pathAndQuery">The path and query.</param>
    /// <param name="protocols">The offered subprotocols.</param>
    /// <param name="cancellationToken">Cancels the opening, not the stream.</param>
    /// <returns>The WebSocket, and the subprotocol that the daemon has chosen; empty for none.</returns>
    /// <exception cref="ApiException">503: the daemon cannot be reached, or its certificate does not match the node object.</exception>
    /// <exception cref="NodeRefusedException">The daemon answered with an error.</exception>
    public async Task<(WebSocket Socket, string Protocol)> OpenAsync(
        NodeEndpoint node, string pathAndQuery, IEnumerable<string> protocols, CancellationToken cancellationToken)
    {
        // RFC 8441: a WebSocket is one stream of an HTTP/2 connection.
        var request = new HttpRequestMessage(HttpMethod.Connect, new Uri(node.Address, pathAndQuery));
        request.Headers.Protocol = WebSocketProtocol;
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
        if (string.Join(", ", protocols) is { Length: > 0 } asked)
            request.Headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", asked);
        var response = await SendAsync(node, request, cancellationToken);
        try
        {
            var chosen = response.Headers.TryGetValues("Sec-WebSocket-Protocol", out var values) ? values.FirstOrDefault() : null;
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            return (WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = false }), chosen ?? "");
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>The connections to a daemon. They end when it has another address or certificate.</summary>
    public HttpMessageInvoker ConnectionsTo(NodeEndpoint node)
    {
        lock (_lock)
        {
            if (_pools.TryGetValue(node.Node, out var pool) && pool.Endpoint == node)
            {
                pool.UsedAt = time.GetTimestamp();
                return pool.Connections;
            }

            // Streams on released connections run to their end.
            pool?.Connections.Dispose();
            ForgetIdle();
            _pools[node.Node] = pool = new Pool(node, new HttpMessageInvoker(CreateHandler(node))) { UsedAt = time.GetTimestamp() };
            return pool.Connections;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var pool in _pools.Values)
            pool.Connections.Dispose();
        _certificate.Dispose();
    }

    private async Task<HttpResponseMessage> SendAsync(NodeEndpoint node, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(options.NodeConnectSecondsMax + options.NodeHandshakeSecondsMax));
        HttpResponseMessage response;
        try
        {
            response = await ConnectionsTo(node).SendAsync(request, limit.Token);
        }
        catch (HttpRequestException unreachable)
        {
            throw Unreachable(node, unreachable.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unreachable(node, $"no answer within {options.NodeHandshakeSecondsMax} s");
        }

        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw new NodeRefusedException((int)response.StatusCode, await ReadErrorAsync(response, cancellationToken));
    }

    private static ApiException Unreachable(NodeEndpoint node, string why) =>
        ApiErrors.ServiceUnavailable($"the daemon of node \"{node.Node}\" {(node.Tunnel is null ? $"at {node.Address.Authority}" : "behind its tunnel")} cannot be reached: {why}");

    private static async Task<string> ReadErrorAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[ErrorBytesMax];
        var length = await body.ReadAtLeastAsync(buffer, ErrorBytesMax, throwOnEndOfStream: false, cancellationToken);
        var text = Encoding.UTF8.GetString(buffer, 0, length).Trim();
        return text.Length > 0 ? text : $"the node daemon answered with {(int)response.StatusCode}";
    }

    // Nodes come and go: a node without calls for a long time has no connections left.
    private void ForgetIdle()
    {
        foreach (var (name, pool) in _pools)
        {
            if (time.GetElapsedTime(pool.UsedAt) > 2 * _idle && _pools.Remove(name))
                pool.Connections.Dispose();
        }
    }

    private SocketsHttpHandler CreateHandler(NodeEndpoint node) => new()
    {
        ConnectCallback = node.Tunnel is not { } gateway ? null
            : async (_, cancellationToken) => await dialer.ConnectAsync(node.Node, gateway, _certificate.Current, cancellationToken),
        ConnectTimeout = TimeSpan.FromSeconds(options.NodeConnectSecondsMax),
        PooledConnectionIdleTimeout = _idle,
        EnableMultipleHttp2Connections = true,

        // Two missed pings end the streams of a dead node.
        KeepAlivePingDelay = TimeSpan.FromSeconds(options.NodePingSeconds),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(options.NodePingSeconds),
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        SslOptions = new SslClientAuthenticationOptions
        {
            // New connections use the renewed certificate.
            LocalCertificateSelectionCallback = (_, _, _, _, _) => _certificate.Current,
            RemoteCertificateValidationCallback = (_, certificate, _, _) => IsPinned(certificate, node),
        },
    };

    private static bool IsPinned(X509Certificate? certificate, NodeEndpoint node) =>
        certificate is not null && node.Has(Convert.ToHexStringLower(SHA256.HashData(certificate.GetRawCertData())));

    private sealed record Pool(NodeEndpoint Endpoint, HttpMessageInvoker Connections)
    {
        public long UsedAt { get; set; }
    }
}
