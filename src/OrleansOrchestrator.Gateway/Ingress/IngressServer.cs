using System.Net.Security;
using System.Security.Authentication;
using System.Text;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansOrchestrator.Gateway.Options;

namespace OrleansOrchestrator.Gateway.Ingress;

/// <summary>
/// Listens for requests of ingresses, with a Kestrel of its own: its limits are those of a public server, no flood of its connections takes
/// those of the API, and nothing that comes here can reach the API.
/// </summary>
internal sealed class IngressServer : IHostedService, IHttpApplication<HttpContext>, IDisposable
{
    // Streams without an end, such as WebSockets, must not use up the time in which a silo is to stop.
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(1.5);

    private readonly IngressPipeline _pipeline;
    private readonly IngressObjects _known;
    private readonly IngressOptions _options;
    private readonly DefaultCertificate _default;
    private readonly IServiceScopeFactory _scopes;
    private readonly KestrelServer _server;
    private int? _httpsPort;

    public IngressServer(
        IngressPipeline pipeline, IngressObjects known, IngressOptions options, DefaultCertificate standard, IServiceProvider services, ILoggerFactory loggers)
    {
        _pipeline = pipeline;
        _known = known;
        _options = options;
        _default = standard;
        _scopes = services.GetRequiredService<IServiceScopeFactory>();
        var kestrel = new KestrelServerOptions { ApplicationServices = services };
        Configure(kestrel);
        _server = new KestrelServer(
            new OptionsWrapper<KestrelServerOptions>(kestrel),
            new SocketTransportFactory(new OptionsWrapper<SocketTransportOptions>(new SocketTransportOptions { UnsafePreferInlineScheduling = true }), loggers),
            loggers);
    }

    /// <summary>Where it serves HTTP; null if it does not.</summary>
    public Uri? HttpAddress { get; private set; }

    /// <summary>Where it serves HTTPS; null if it does not.</summary>
    public Uri? HttpsAddress { get; private set; }

    /// <summary>Starts to listen.</summary>
    /// <exception cref="IOException">A port is in use.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _server.StartAsync(this, cancellationToken);
        foreach (var address in _server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Select(address => new Uri(address)))
        {
            if (address.Scheme == Uri.UriSchemeHttps)
                HttpsAddress = address;
            else
                HttpAddress = address;
        }

        _httpsPort = _options.PublicHttpsPort > 0 ? _options.PublicHttpsPort : HttpsAddress?.Port;
    }

    /// <summary>Stops to listen, and waits a little for the requests under way. Then it breaks them off.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(DrainTime);
        await _server.StopAsync(limit.Token);
    }

    /// <inheritdoc/>
    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures) { ServiceScopeFactory = _scopes };

    /// <inheritdoc/>
    public Task ProcessRequestAsync(HttpContext context) => _pipeline.InvokeAsync(context, _httpsPort);

    /// <inheritdoc/>
    public void DisposeContext(HttpContext context, Exception? exception) => ((DefaultHttpContext)context).Uninitialize();

    /// <inheritdoc/>
    public void Dispose() => _server.Dispose();

    private void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;

        // An answer has any bytes in its headers, each of which is a character here.
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
        // By default Kestrel would end the connection, with all its requests, for one header that is not UTF-8.
        kestrel.RequestHeaderEncodingSelector = static _ => Encoding.UTF8;

        // Bodies are passed on as they come, in any length and pace; silence ends them, see IngressOptions.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Limits.MaxConcurrentConnections = _options.ConnectionsMax;
        kestrel.Limits.MaxConcurrentUpgradedConnections = _options.ConnectionsMax;
        if (_options.HttpPort is { } http)
            kestrel.Listen(_options.ListenAddress, http, listen => listen.Protocols = HttpProtocols.Http1);
        if (_options.HttpsPort is { } https)
        {
            kestrel.Listen(_options.ListenAddress, https, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = context => ValueTask.FromResult(TlsOptions(context.ClientHelloInfo.ServerName)) });
            });
        }
    }

    private SslServerAuthenticationOptions TlsOptions(string name) => new()
    {
        ServerCertificateContext = _known.Certificates.Find(name.TrimEnd('.')) ?? _default.Context,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
    };
}
