using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Gateway.Identity;
using OrleansOrchestrator.Gateway.Tests.Hosting;
using OrleansOrchestrator.Kinds.Core;

namespace OrleansOrchestrator.Gateway.Tests.Nodes;

/// <summary>A node daemon as the gateway sees it: a server with a certificate of its own.</summary>
internal sealed class FakeDaemon : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly X509Certificate2 _certificate = CertificateAuthority.Load(CertificateAuthority.Create(TimeProvider.System.GetUtcNow()))
        .IssueServerCertificate("node", ["127.0.0.1"], TimeProvider.System.GetUtcNow(), TimeSpan.FromDays(1));

    private readonly ConcurrentDictionary<string, bool> _connections = new();

    private FakeDaemon(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
            listen.UseHttps(https =>
            {
                https.ServerCertificate = _certificate;
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                https.AllowAnyClientCertificate();
            })));
        _application = builder.Build();
        _application.UseWebSockets();
        _application.Run(http =>
        {
            _connections[http.Connection.Id] = true;
            Requested = http.Request.Path + http.Request.QueryString;
            Caller = http.Connection.ClientCertificate?.Subject ?? "";
            return answer(http);
        });
    }

    /// <summary>The last path and query that was asked for.</summary>
    public string Requested { get; private set; } = "";

    /// <summary>Who asked last.</summary>
    public string Caller { get; private set; } = "";

    /// <summary>How many connections requests have come over.</summary>
    public int Connections => _connections.Count;

    /// <summary>The fingerprint of its certificate.</summary>
    public string Fingerprint => Convert.ToHexStringLower(SHA256.HashData(_certificate.RawData));

    public static async Task<FakeDaemon> StartAsync(RequestDelegate answer)
    {
        var daemon = new FakeDaemon(answer);
        await daemon._application.StartAsync();
        return daemon;
    }

    /// <summary>Creates the node object that tells where this daemon is.</summary>
    public Task RegisterAsync(GatewayFixture gateway, string name = "n1", string? fingerprint = null) => gateway.CreateAsync("/api/v1/nodes", $$$$"""
        {"metadata":{"name":"{{{{name}}}}","annotations":{"{{{{NodeAnnotations.ServingCertificate}}}}":"{{{{fingerprint ?? Fingerprint}}}}"}},
         "status":{"addresses":[{"type":"InternalIP","address":"127.0.0.1"}],"daemonEndpoints":{"kubeletEndpoint":{"Port":{{{{new Uri(_application.Urls.First()).Port}}}} } } } }
        """);

    /// <summary>Creates a pod that is on a node.</summary>
    public static Task CreatePodAsync(GatewayFixture gateway, string name, string? node, params string[] containers) => gateway.CreateAsync(
        "/api/v1/namespaces/default/pods", $$$"""
        {"metadata":{"name":"{{{name}}}"},"spec":{ {{{(node is null ? "" : $"\"nodeName\":\"{node}\",")}}}
         "containers":[{{{string.Join(',', containers.Select(container => $$"""{"name":"{{container}}","image":"i"}"""))}}}]}}
        """);

    /// <summary>What a daemon does, for a pod whose network is this machine's.</summary>
    public static async Task DialAsync(HttpContext http)
    {
        if (http.Request.Path == "/healthz")
        {
            await http.Response.WriteAsync("from the daemon");
            return;
        }

        using var connection = new TcpClient();
        try
        {
            await connection.ConnectAsync(IPAddress.Loopback, int.Parse(http.Request.Path.Value!.Split('/')[^1], System.Globalization.CultureInfo.InvariantCulture));
        }
        catch (SocketException refused)
        {
            http.Response.StatusCode = 503;
            await http.Response.WriteAsync($"dial tcp 10.1.2.3:1: {refused.Message}");
            return;
        }

        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        await using var caller = WebSocketStream.Create(socket, WebSocketMessageType.Binary, TimeSpan.FromSeconds(1));
        try
        {
            await Task.WhenAny(caller.CopyToAsync(connection.GetStream()), connection.GetStream().CopyToAsync(caller));
        }
        catch (Exception gone) when (gone is IOException or WebSocketException)
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _certificate.Dispose();
    }

    /// <summary>Ends without waiting for what is under way, as a process that is killed.</summary>
    public async Task KillAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _application.StopAsync(now.Token);
    }
}
