using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Security.Authentication;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Gateway.Nodes;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Errors;
using Yarp.ReverseProxy.Forwarder;

namespace OrleansOrchestrator.Gateway.Proxying;

/// <summary>Passes requests on to pods, services and node daemons, WebSockets included, and their answers back.</summary>
internal sealed class RequestForwarder(IHttpForwarder forwarder, DestinationDialer dialer, NodeClient nodes, GatewayOptions options) : IDisposable
{
    // As long as the kubelet keeps a silent session.
    private static readonly ForwarderRequestConfig Config = new() { ActivityTimeout = TimeSpan.FromHours(4) };

    // Calls of a daemon share its HTTP/2 connections with all others.
    private static readonly ForwarderRequestConfig DaemonConfig = Config with { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

    private readonly HttpMessageInvoker _connections = new(new SocketsHttpHandler
    {
        ConnectCallback = dialer.ConnectAsync,
        ConnectTimeout = TimeSpan.FromSeconds(options.NodeConnectSecondsMax + options.NodeHandshakeSecondsMax),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(options.NodeIdleSecondsMax),
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,

        // Both sides get the bytes of each other's headers: see KestrelSetup for how they are read and written there.
        RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,

        // As kube-apiserver: who may use the proxy trusts the pod, whose certificate has names of its own.
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
    });

    /// <summary>Passes a request on.</summary>
    /// <param name="request">The request.</param>
    /// <param name="destination">Where it goes.</param>
    /// <exception cref="ApiException">503: nobody answers there.</exception>
    public Task ForwardAsync(ApiRequest request, ProxyDestination destination)
    {
        var (connections, config) = destination.Daemon is { } daemon ? (nodes.ConnectionsTo(daemon), DaemonConfig) : (_connections, Config);
        return ForwardAsync(request.Http, destination.Origin, connections, config, new ProxiedRequest(request, destination), request.Cancellation);
    }

    /// <summary>Passes a request on over connections that the caller has.</summary>
    /// <param name="http">The request.</param>
    /// <param name="origin">The address that connections are shared by.</param>
    /// <param name="connections">The connections.</param>
    /// <param name="config">The version of HTTP, and how long neither side may say anything.</param>
    /// <param name="transformer">Changes the request and its answer on their way.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ApiException">503: nobody answers there; or why the transformer refuses the request.</exception>
    public async Task ForwardAsync(
        HttpContext http, string origin, HttpMessageInvoker connections, ForwarderRequestConfig config, HttpTransformer transformer, CancellationToken cancellationToken)
    {
        var error = await forwarder.SendAsync(http, origin, connections, config, transformer, cancellationToken);
        if (error == ForwarderError.None)
            return;
        if (!http.Response.HasStarted)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var failure = http.Features.Get<IForwarderErrorFeature>()?.Exception;
            if (error == ForwarderError.RequestCreation && failure is ApiException)
                ExceptionDispatchInfo.Throw(failure);
            throw ApiErrors.ServiceUnavailable($"error trying to reach service: {ReasonOf(failure)}");
        }

        // Only a broken connection can tell that the rest is missing.
        http.Abort();
    }

    /// <inheritdoc/>
    public void Dispose() => _connections.Dispose();

    /// <summary>Why a destination does not answer, in the words of what went wrong first.</summary>
    public static string ReasonOf(Exception? failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is NodeRefusedException or ApiException or SocketException or AuthenticationException)
                return cause.Message;
        }

        return failure?.Message ?? "no answer";
    }
}
