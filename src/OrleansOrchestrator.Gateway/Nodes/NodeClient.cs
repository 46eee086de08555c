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
/// Calls node daemons over mutual TLS. A daemon's certificate is its own; it is trusted since the node object, which only that
/// node may write, tells its fingerprint. Calls and streams of a node share HTTP/2 connections, each of which was checked against
/// the fingerprint that the node has now: another address or fingerprint begins with new connections.
/// </summary>
internal sealed class NodeClient(ClusterIdentity identity, TunnelDialer dialer, GatewayOptions options, TimeProvider time) : IDisposable
{
    private const int ErrorBytesMax = 8 * 1024;
    private const string WebSocketProtocol = "websocket";
    private static readonly TimeSpan RenewalBeforeEnd = TimeSpan.FromDays(90);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Pool> _pools = new(StringComparer.Ordinal);
    private readonly TimeSpan _idle = TimeSpan.FromSeconds(options.NodeIdleSecondsMax);
    private X509Certificate2? _certificate;

    /// <summary>Sends a GET and returns once the response's headers are there.</summary>
    /// <exception cref="ApiException">503: the daemon cannot be reached, or is not who the node object says.</exception>
    /// <exception cref="NodeRefusedException">The daemon answers with an error.</exception>
    public Task<HttpResponseMessage> GetAsync(NodeEndpoint node, string pathAndQuery, CancellationToken cancellationToken) =>
        SendAsync(node, new HttpRequestMessage(HttpMethod.Get, new Uri(node.Address, pathAndQuery)), cancellationToken);

    /// <summary>Opens a stream that goes both ways: a WebSocket, which waits for its slower side in each direction.</summary>
    /// <param name="node">The node.</param>
    /// <param name="pathAndQuery">What is asked for.</param>
    /// <param name="protocols">The subprotocols that are spoken.</param>
    /// <param name="cancellationToken">Ends the opening, not the stream.</param>
    /// <exception cref="ApiException">503: the daemon cannot be reached, or is not who the node object says.</exception>
    /// <exception cref="NodeRefusedException">The daemon answers with an error.</exception>
    public async Task<WebSocket> OpenAsync(NodeEndpoint node, string pathAndQuery, IEnumerable<string> protocols, CancellationToken cancellationToken)
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
            return WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = false, SubProtocol = chosen });
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var pool in _pools.Values)
            pool.Connections.Dispose();
        _certificate?.Dispose();
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

    private HttpMessageInvoker ConnectionsTo(NodeEndpoint node)
    {
        lock (_lock)
        {
            if (_pools.TryGetValue(node.Node, out var pool) && pool.Endpoint == node)
            {
                pool.UsedAt = time.GetTimestamp();
                return pool.Connections;
            }

            // Streams of the connections that are let go run on to their end.
            pool?.Connections.Dispose();
            ForgetIdle();
            _pools[node.Node] = pool = new Pool(node, new HttpMessageInvoker(CreateHandler(node))) { UsedAt = time.GetTimestamp() };
            return pool.Connections;
        }
    }

    // Nodes come and go: what nobody has used for long has no connections left.
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
            : async (_, cancellationToken) => await dialer.ConnectAsync(node.Node, gateway, Certificate(), cancellationToken),
        ConnectTimeout = TimeSpan.FromSeconds(options.NodeConnectSecondsMax),
        PooledConnectionIdleTimeout = _idle,
        EnableMultipleHttp2Connections = true,

        // A node that is gone without a word ends its streams within two pings.
        KeepAlivePingDelay = TimeSpan.FromSeconds(options.NodePingSeconds),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(options.NodePingSeconds),
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        SslOptions = new SslClientAuthenticationOptions
        {
            // A certificate that is replaced counts for the connections that come.
            LocalCertificateSelectionCallback = (_, _, _, _, _) => Certificate(),
            RemoteCertificateValidationCallback = (_, certificate, _, _) => IsPinned(certificate, node.CertificateSha256),
        },
    };

    private static bool IsPinned(X509Certificate? certificate, string fingerprint) =>
        certificate is not null
        && Convert.ToHexStringLower(SHA256.HashData(certificate.GetRawCertData())) == fingerprint;

    private X509Certificate2 Certificate()
    {
        lock (_lock)
        {
            // One that is replaced is left to the handshakes that still use it.
            if (_certificate is null || time.GetUtcNow() > new DateTimeOffset(_certificate.NotAfter) - RenewalBeforeEnd)
                _certificate = identity.IssueGatewayCertificate();
            return _certificate;
        }
    }

    private sealed record Pool(NodeEndpoint Endpoint, HttpMessageInvoker Connections)
    {
        public long UsedAt { get; set; }
    }
}
