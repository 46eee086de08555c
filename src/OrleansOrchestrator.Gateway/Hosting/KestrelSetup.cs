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
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    public void Configure(KestrelServerOptions server)
    {
        server.AddServerHeader = false;
        // Warnings may carry any text; everything else the gateway sends is ASCII.
        server.ResponseHeaderEncodingSelector = static name => name == "Warning" ? Encoding.UTF8 : null;
        // Left to itself the server ends the connection, with all requests on it, for one header that is not UTF-8.
        server.RequestHeaderEncodingSelector = static _ => Encoding.UTF8;

        var limits = server.Limits;
        // Bodies are measured by the gateway itself, with an answer that says why.
        limits.MaxRequestBodySize = null;
        limits.MaxConcurrentConnections = options.ConnectionsMax;
        // Selectors may be long, and are part of the first line.
        limits.MaxRequestLineSize = options.RequestHeadersBytesMax;
        limits.MaxRequestHeadersTotalSize = options.RequestHeadersBytesMax;
        limits.MaxRequestBufferSize = options.RequestHeadersBytesMax;
        limits.Http2.MaxRequestHeaderFieldSize = options.RequestHeadersBytesMax;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(options.RequestHeadersSecondsMax);
        limits.Http2.MaxStreamsPerConnection = options.Http2StreamsPerConnectionMax;
        // A watch may be silent for a minute; pings tell a silent client from one that is gone.
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
    /// A request goes from its socket to its handler on one thread of the pool. Handlers never block, and sockets hand their
    /// events to the pool anyway; a second hand-over only costs wake-ups. A read needs no look before it, which would save a
    /// buffer per silent connection, little beside what TLS keeps for it.
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
        // Whether a certificate is good is decided per request, so that a bad one is answered with 401 and not with a broken
        // connection, and none at all is fine.
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
    };
}
