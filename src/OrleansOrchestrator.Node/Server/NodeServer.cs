using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Statistics;
using OrleansOrchestrator.Node.Server.Streams;
using OrleansOrchestrator.Node.Server.Streams.PortForwarding;
using OrleansOrchestrator.Node.Server.Tunnels;
using OrleansOrchestrator.Node.Telemetry;

namespace OrleansOrchestrator.Node.Server;

/// <summary>The node's HTTPS server. The control plane reads logs through it, and peers ask for votes.</summary>
internal sealed class NodeServer : IAsyncDisposable
{
    // Over HTTP/2 a WebSocket begins with an extended CONNECT (RFC 8441).
    private static readonly string[] WebSocketMethods = [HttpMethods.Get, HttpMethods.Connect];
    // A gateway that vanished is noticed within the sum of both; gateways ping at the same interval.
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(15);

    // The kubelet's place.
    private const string SystemLogs = "/var/log";

    // The most series of one metric; memory for them is reserved at the start.
    private const int SeriesMax = 256;

    private readonly WebApplication _application;

    private NodeServer(WebApplication application) => _application = application;

    /// <summary>The port it listens on.</summary>
    public int Port { get; private set; }

    public static async Task<NodeServer> StartAsync(
        IPAddress address,
        int port,
        Func<string?, X509Certificate2> certificateFor,
        X509Certificate2Collection authorities,
        NodeEndpoints endpoints,
        UsageEndpoints usage,
        StreamEndpoints streams,
        PortForwardEndpoint ports,
        DialEndpoint dial,
        PeerQuestions peers,
        TunnelConnections? tunnels,
        NodeInstruments instruments,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        var callers = new CallerVerifier(authorities);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.Services.AddRoutingCore();
        builder.Services.AddDirectoryBrowser();
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => Show(metrics, instruments));
        builder.WebHost.UseKestrelCore();
        if (tunnels is not null)
            builder.Services.AddSingleton<IConnectionListenerFactory>(tunnels);
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;

            // The gateway reads and writes as fast as its clients do, and they may pause.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;

            // Sized so that the unread data of one stream never blocks others on the same connection.
            var http2 = kestrel.Limits.Http2;
            http2.InitialConnectionWindowSize = http2.InitialStreamWindowSize * http2.MaxStreamsPerConnection;
            (http2.KeepAlivePingDelay, http2.KeepAlivePingTimeout) = (PingDelay, PingTimeout);
            kestrel.Listen(address, port, listen => listen.UseHttps(Secure));
            if (tunnels is not null)
                kestrel.Listen(tunnels.EndPoint, listen => listen.UseHttps(Secure));
        });

        void Secure(HttpsConnectionAdapterOptions https)
        {
            https.ServerCertificateSelector = (_, name) => certificateFor(name);
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;

            // Checks the name in the certificate, and trusts only the cluster's authority, not the machine's.
            https.ClientCertificateValidation = (caller, _, _) => callers.IsApiServer(caller) || peers.IsPeer(caller);
        }

        var application = builder.Build();
        application.Use((context, next) => peers.Concern(context) ? peers.AnswerAsync(context)
            : context.Connection.ClientCertificate is { } caller && callers.IsApiServer(caller) ? next(context)
            : PeerQuestions.RefuseAsync(context));
        application.UseWebSockets();
        if (Directory.Exists(SystemLogs))
        {
            application.UseFileServer(new FileServerOptions
            {
                RequestPath = "/logs",
                FileProvider = new PhysicalFileProvider(SystemLogs),
                EnableDirectoryBrowsing = true,
                StaticFileOptions = { ServeUnknownFileTypes = true, DefaultContentType = "text/plain" },
            });
        }

        application.MapGet("/healthz", () => Results.Text("ok"));
        application.MapPrometheusScrapingEndpoint("/metrics");
        application.MapGet("/pods", endpoints.ListPods);
        application.MapGet(StatsSummary.Path, usage.SummarizeAsync);
        application.MapGet("/metrics/cadvisor", usage.WriteCadvisorAsync);
        application.MapGet("/metrics/resource", usage.WriteResourcesAsync);
        application.MapGet("/metrics/probes", usage.WriteProbesAsync);
        application.MapGet("/configz", usage.ShowOptions);
        application.MapGet("/containerLogs/{ns}/{pod}/{container}", endpoints.CopyLogsAsync);
        application.MapMethods("/exec/{ns}/{pod}/{container}", WebSocketMethods, streams.ExecAsync);
        application.MapMethods("/attach/{ns}/{pod}/{container}", WebSocketMethods, streams.AttachAsync);
        application.MapMethods("/portForward/{ns}/{pod}", WebSocketMethods, ports.ForwardAsync);
        application.MapMethods("/dial/{ns}/{pod}/{port}", WebSocketMethods, dial.DialAsync);
        var server = new NodeServer(application);
        await application.StartAsync(cancellationToken);
        var bound = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        server.Port = new Uri(bound).Port;
        return server;
    }

    /// <summary>Shows the metrics of this daemon only, not those of others in the process.</summary>
    private static void Show(MeterProviderBuilder metrics, NodeInstruments instruments) => metrics
        .AddMeter(NodeInstruments.MeterName, LoopInstruments.MeterName)
        .AddView(instrument => instrument.Meter.Name != NodeInstruments.MeterName || ReferenceEquals(instrument.Meter, instruments.Meter)
            ? new MetricStreamConfiguration { CardinalityLimit = SeriesMax }
            : MetricStreamConfiguration.Drop)
        .AddPrometheusExporter();

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
