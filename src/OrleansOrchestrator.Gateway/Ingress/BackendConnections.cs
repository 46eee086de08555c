using System.Net;
using System.Net.Security;
using System.Text;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Gateway.Nodes;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Gateway.Proxying;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Ingress;

/// <summary>The connections to endpoints: to a pod through the daemon of its node, to another address directly. They are pooled by
/// endpoint.</summary>
internal sealed class BackendConnections : IDisposable
{
    /// <summary>The option of a request that holds its endpoint.</summary>
    public static readonly HttpRequestOptionsKey<BackendEndpoint> Endpoint = new("endpoint");

    // For TLS, pools are by endpoint and by the host that the client names, which may be any: so what they hold is not kept for long.
    private const int SecureIdleSecondsMax = 5;

    private readonly DestinationDialer _dialer;
    private readonly IObjectClient _objects;
    private readonly ResourceDefinition _nodes;
    private readonly TimeSpan _within;
    private readonly bool _allowsAddresses;
    private readonly HttpMessageInvoker _plain;
    private readonly HttpMessageInvoker _secure;

    public BackendConnections(DestinationDialer dialer, IObjectClient objects, ResourceRegistry registry, IngressOptions options)
    {
        _dialer = dialer;
        _objects = objects;
        _nodes = registry[WellKnownResources.Nodes];
        _within = TimeSpan.FromSeconds(options.ConnectSecondsMax);
        _allowsAddresses = options.DirectAddresses;
        _plain = Pool(options.IdleSecondsMax);
        _secure = Pool(Math.Min(options.IdleSecondsMax, SecureIdleSecondsMax));
    }

    /// <summary>Sends requests over those of a protocol.</summary>
    public HttpMessageInvoker InvokerOf(BackendProtocol protocol) => protocol == BackendProtocol.Https ? _secure : _plain;

    /// <inheritdoc/>
    public void Dispose()
    {
        _plain.Dispose();
        _secure.Dispose();
    }

    private HttpMessageInvoker Pool(int idleSecondsMax) => new(new SocketsHttpHandler
    {
        ConnectCallback = ConnectAsync,

        // With the handshake of TLS.
        ConnectTimeout = 2 * _within,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(idleSecondsMax),
        EnableMultipleHttp2Connections = true,
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,

        // Both sides get the bytes of each other's headers: see IngressServer for how they are read and written there.
        RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,

        // Who makes the ingress trusts the service, whose certificate has names of its own.
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
    });

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        if (!context.InitialRequestMessage.Options.TryGetValue(Endpoint, out var endpoint))
            throw new InvalidOperationException("The request has no endpoint.");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_within);
        try
        {
            return await ConnectAsync(endpoint.Address, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"no connection within {_within.TotalSeconds} s");
        }
    }

    private async Task<Stream> ConnectAsync(EndpointAddress address, CancellationToken cancellationToken)
    {
        if (address.Pod is not { } pod)
        {
            if (!_allowsAddresses)
                throw ApiErrors.BadRequest("only pods are served here (ingress:directAddresses)");
            return await DestinationDialer.ConnectAsync(ProxyDestination.Require(address.Address.ToString(), isOfPod: false), address.Port, cancellationToken);
        }

        // From the cache: connections are opened also while the store is away.
        var node = await _objects.GetAsync(_nodes, new ObjectKey("", address.Node), Freshness.Any, cancellationToken);
        return await _dialer.ConnectAsync(NodeEndpoint.Of(node.SharedModel<V1Node>()), new ObjectKey(address.Namespace, pod), address.Port, cancellationToken);
    }
}
