using System.Net.Security;
using System.Text;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;
using OrleansOrchestrator.Gateway.Identity;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Gateway.Transport;

namespace OrleansOrchestrator.Gateway.Hosting;

/// <summary>Configures Kestrel: one HTTPS endpoint for HTTP/1.1 and HTTP/2 with the silo's certificate and optional client
/// certificates, and its limits.</summary>
internal sealed class KestrelSetup(GatewayOptions options, ServingCertificate certificate) : IConfigureOptions<KestrelServerOptions>
{
    // The times of Kubernetes' client library: an idle connection is checked after 30 s, and ends 15 s later if nobody answers.
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    public void Configure(KestrelServerOptions server)
    {
        server.AddServerHeader = false;
        // A proxied answer has any bytes in its headers, each of which is a character here.
        server.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
        // By default Kestrel would end the connection, with all its requests, for one header that is not UTF-8.
        server.RequestHeaderEncodingSelector = static _ => Encoding.UTF8;

        var limits = server.Limits;
        // Clients of streams and proxies may pause, and slow readers of logs and watches cost only themselves. HTTP/2 has no rate for some
        // requests only, so that the pipeline limits the time of all others as a whole, errors included.
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
        // The gateway limits bodies itself, with an answer that says why.
        limits.MaxRequestBodySize = null;
        limits.MaxConcurrentConnections = options.ConnectionsMax;
        // Selectors may be long, and are part of the request line.
        limits.MaxRequestLineSize = options.RequestHeadersBytesMax;
        limits.MaxRequestHeadersTotalSize = options.RequestHeadersBytesMax;
        limits.MaxRequestBufferSize = options.RequestHeadersBytesMax;
        limits.Http2.MaxRequestHeaderFieldSize = options.RequestHeadersBytesMax;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(options.RequestHeadersSecondsMax);
        limits.Http2.MaxStreamsPerConnection = options.Http2StreamsPerConnectionMax;
        // A watch may be silent for a minute; pings tell an idle client from a dead one.
        limits.Http2.KeepAlivePingDelay = PingDelay;
        limits.Http2.KeepAlivePingTimeout = PingTimeout;

        server.Listen(options.ListenAddress, options.Port, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = _ => ValueTask.FromResult(TlsOptions()),
                HandshakeTimeout = limits.RequestHeadersTimeout,
            });
            listen.Use(static next => connection => CoalescedOutput.ServeAsync(connection, next));
        });
    }

    /// <summary>
    /// Processes a request from its socket to its handler on one pool thread. Handlers never block, and sockets post their events to
    /// the pool anyway; another hand-over would only cost wake-ups. Reads do not wait for data before they take a buffer: that would
    /// save a buffer per silent connection, which is little beside TLS's memory for it.
    /// </summary>
    public static void ConfigureSockets(SocketTransportOptions sockets)
    {
        sockets.UnsafePreferInlineScheduling = true;
        sockets.WaitForDataBeforeAllocatingBuffer = false;
    }

    private SslServerAuthenticationOptions TlsOptions() => new()
    {
        ServerCertificateContext = certificate.Context,
        ClientCertificateRequired = true,
        // Certificates are verified per request: an invalid one gets a 401 instead of a broken connection, and no certificate is
        // allowed.
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
    };
}
