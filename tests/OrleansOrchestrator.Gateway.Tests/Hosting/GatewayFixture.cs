using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Definitions;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Readiness;
using OrleansOrchestrator.ControlPlane.Usage;
using OrleansOrchestrator.Gateway.Aggregation;
using OrleansOrchestrator.Gateway.Hosting;
using OrleansOrchestrator.Gateway.Identity;
using OrleansOrchestrator.Gateway.Ingress;
using OrleansOrchestrator.Gateway.Limits;
using OrleansOrchestrator.Gateway.Nodes;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Gateway.Tests.Hosting;

/// <summary>A gateway that listens on a free port of this machine, over an in-memory control plane.</summary>
public sealed class GatewayFixture : IAsyncLifetime
{
    private WebApplication? _application;

    internal InMemoryObjectClient Objects { get; } = new();

    /// <summary>The kinds that are served.</summary>
    internal ResourceRegistry Registry => _application!.Services.GetRequiredService<ResourceRegistry>();

    internal UnheardOfKinds UnheardOf => _application!.Services.GetRequiredService<UnheardOfKinds>();

    internal NodeTunnels Tunnels => _application!.Services.GetRequiredService<NodeTunnels>();

    internal INodeStatistics Statistics => _application!.Services.GetRequiredService<INodeStatistics>();

    internal RequestPipeline Pipeline => _application!.Services.GetRequiredService<RequestPipeline>();

    internal AggregatedServers Servers => _application!.Services.GetRequiredService<AggregatedServers>();

    internal IAggregatedApis Aggregated => _application!.Services.GetRequiredService<IAggregatedApis>();

    internal IngressServer Ingress => _application!.Services.GetRequiredService<IngressServer>();

    internal ResourceRoutes Routes => _application!.Services.GetRequiredService<ResourceRoutes>();

    internal RequestInfoParser Parser => _application!.Services.GetRequiredService<RequestInfoParser>();

    internal FairListLimiter LargeLists => _application!.Services.GetRequiredService<FairListLimiter>();

    internal ClusterIdentity Identity { get; private set; } = null!;

    internal KestrelServerLimits Limits => _application!.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;

    internal Uri Address { get; private set; } = null!;

    internal GatewayOptions Options { get; init; } = new() { ListenAddress = IPAddress.Loopback, Port = 0 };

    /// <summary>Adds to the services of the host.</summary>
    internal Action<IServiceCollection> Configure { get; init; } = static _ => { };

    internal List<IReadinessCheck> Checks { get; } = [];

    /// <summary>A client that is the administrator.</summary>
    internal HttpClient Admin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var kept = new ConcurrentDictionary<string, byte[]>();
        Identity = await ClusterIdentity.LoadAsync(
            (name, propose, _) => Task.FromResult(kept.GetOrAdd(name, _ => propose())), TimeProvider.System, default);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IObjectClient>(Objects);
        builder.Services.AddSingleton<UnheardOfKinds>();
        builder.Services.AddSingleton<INewestKinds>(services => services.GetRequiredService<UnheardOfKinds>());
        foreach (var check in Checks)
            builder.Services.AddSingleton(check);
        Configure(builder.Services);
        builder.Services.AddGateway(Options, Identity);
        builder.Services.AddSingleton<IAuthorizer, DefaultRoleAuthorizer>();
        _application = builder.Build();
        _application.UseGateway();
        Address = await _application.StartGatewayAsync(default);
        Admin = CreateClient(Identity.AdminToken);
        await Eventually.HoldsAsync(async () => await Servers.CheckAsync(default) is null);
    }

    /// <summary>Stops the gateway as an operator would.</summary>
    internal Task StopAsync(CancellationToken cancellationToken) => _application!.StopAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        Admin.Dispose();
        if (_application is not null)
            await _application.DisposeAsync();
        Identity.Dispose();
    }

    /// <summary>Opens a WebSocket as the administrator.</summary>
    internal async Task<ClientWebSocket> OpenSocketAsync(string path, string? protocol, string? impersonated = null)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", "Bearer " + Identity.AdminToken);
        if (impersonated is not null)
            socket.Options.SetRequestHeader("Impersonate-User", impersonated);
        socket.Options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        if (protocol is not null)
            socket.Options.AddSubProtocol(protocol);
        var address = new Uri(Address, path);
        await socket.ConnectAsync(new UriBuilder(address) { Scheme = "wss" }.Uri, TestContext.Current.CancellationToken);
        return socket;
    }

    /// <summary>The next message; null if the server has closed.</summary>
    internal async Task<byte[]?> ReadMessageAsync(ClientWebSocket socket)
    {
        var buffer = new byte[64 * 1024];
        var read = 0;
        while (true)
        {
            var result = await socket.ReceiveAsync(buffer.AsMemory(read), TestContext.Current.CancellationToken);
            if (result.MessageType == WebSocketMessageType.Close)
                return null;
            read += result.Count;
            if (result.EndOfMessage)
                return buffer[..read];
        }
    }

    /// <summary>A client with the given credentials, or none.</summary>
    internal HttpClient CreateClient(string? token = null, X509Certificate2? certificate = null)
    {
        using var authority = X509Certificate2.CreateFromPem(Identity.Authority.CertificatePem);
        var trusted = X509CertificateLoader.LoadCertificate(authority.RawData);
        var tls = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            },
        };
        tls.CertificateChainPolicy.CustomTrustStore.Add(trusted);
        if (certificate is not null)
            tls.ClientCertificates = [certificate];
        var client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = tls,
            UseProxy = false,
            AllowAutoRedirect = false,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        })
        {
            BaseAddress = Address,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
            Timeout = TimeSpan.FromSeconds(60),
        };
        if (token is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    /// <summary>Creates an object through the API.</summary>
    internal async Task CreateAsync(string path, string json)
    {
        using var response = await Admin.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json"));
        response.StatusCode.ShouldBe(HttpStatusCode.Created, await response.Content.ReadAsStringAsync());
    }
}
