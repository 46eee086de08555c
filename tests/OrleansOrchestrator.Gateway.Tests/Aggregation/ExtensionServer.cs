using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Gateway.Identity;
using OrleansOrchestrator.Gateway.Tests.Hosting;
using OrleansOrchestrator.Gateway.Tests.Nodes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Gateway.Tests.Aggregation;

/// <summary>
/// An API server behind the gateway, in a pod that only its node reaches: it has a certificate for its service, serves wardles, and
/// answers other requests with what it has seen of them.
/// </summary>
internal sealed class ExtensionServer : IAsyncDisposable
{
    public const string Group = "wardle.example.com";
    public const string Root = $"/apis/{Group}/v1alpha1";

    private readonly CertificateAuthority _authority = CertificateAuthority.Load(CertificateAuthority.Create(TimeProvider.System.GetUtcNow()));
    private readonly X509Certificate2 _certificate;
    private readonly WebApplication _application;
    private readonly GatewayFixture _gateway;
    private FakeDaemon _daemon = null!;

    private ExtensionServer(GatewayFixture gateway, string host)
    {
        _gateway = gateway;
        _certificate = _authority.IssueServerCertificate("api", [host], TimeProvider.System.GetUtcNow(), TimeSpan.FromDays(1));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(https =>
        {
            https.ServerCertificate = _certificate;
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.AllowAnyClientCertificate();
        })));
        _application = builder.Build();
        _application.UseWebSockets();
        _application.Run(AnswerAsync);
    }

    public static string Discovery { get; } = $$"""
        {"kind":"APIResourceList","apiVersion":"v1","groupVersion":"{{Group}}/v1alpha1","resources":[
         {"name":"flunders","singularName":"flunder","namespaced":true,"kind":"Flunder","verbs":["get","list","watch","create"],"shortNames":["fl"],"categories":["all"]},
         {"name":"flunders/status","singularName":"","namespaced":true,"kind":"Flunder","verbs":["get"]}]}
        """;

    /// <summary>Answers a request instead, if it returns true.</summary>
    public Func<HttpContext, Task<bool>>? Answers { get; set; }

    /// <summary>The paths that were asked for.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>The certificate of the last caller.</summary>
    public X509Certificate2? Caller { get; private set; }

    public string CaBundle => Convert.ToBase64String(Encoding.ASCII.GetBytes(_authority.CertificatePem));

    public int Port => new Uri(_application.Urls.First()).Port;

    /// <summary>Starts a server, and creates its service, endpoints and pod.</summary>
    public static async Task<ExtensionServer> StartAsync(GatewayFixture gateway, string host = "api.wardle.svc")
    {
        var server = new ExtensionServer(gateway, host);
        await server._application.StartAsync(TestContext.Current.CancellationToken);
        server._daemon = await FakeDaemon.StartAsync(FakeDaemon.DialAsync);
        await server._daemon.RegisterAsync(gateway);
        await gateway.CreateAsync("/api/v1/namespaces/wardle/pods", """
            {"metadata":{"name":"api-1"},"spec":{"nodeName":"n1","containers":[{"name":"main","image":"i"}]},"status":{"podIP":"10.1.2.3"} }
            """);
        await gateway.CreateAsync("/api/v1/namespaces/wardle/services", """{"metadata":{"name":"api"},"spec":{"ports":[{"name":"https","port":443}]} }""");
        await gateway.CreateAsync("/api/v1/namespaces/wardle/endpoints", $$$"""
            {"metadata":{"name":"api"},"subsets":[{"addresses":[{"ip":"10.1.2.3","targetRef":{"kind":"Pod","name":"api-1"} }],"ports":[{"name":"https","port":{{{server.Port}}} }]}]}
            """);
        return server;
    }

    /// <summary>Creates an APIService that gives a version to this server, and waits until the gateway knows it.</summary>
    public async Task AnnounceAsync(string group = Group, string version = "v1alpha1", string available = "True", string? trust = null)
    {
        await _gateway.CreateAsync("/apis/apiregistration.k8s.io/v1/apiservices", $$"""
            {"metadata":{"name":"{{version}}.{{group}}"},"spec":{"group":"{{group}}","version":"{{version}}","groupPriorityMinimum":2000,"versionPriority":200,
             "service":{"namespace":"wardle","name":"api"},{{trust ?? $"\"caBundle\":\"{CaBundle}\""}} } }
            """);
        await SetAvailableAsync(available, group, version);
        await Eventually.HoldsAsync(() => _gateway.Servers.Table.Find(group, version)?.IsAvailable == (available == "True"));
    }

    public async Task SetAvailableAsync(string available, string group = Group, string version = "v1alpha1") => (await _gateway.Admin.CallAsync(
        HttpMethod.Patch, $"/apis/apiregistration.k8s.io/v1/apiservices/{version}.{group}/status",
        new StringContent($$"""{"status":{"conditions":[{"type":"Available","status":"{{available}}","reason":"Test"}]} }""", Encoding.UTF8, "application/merge-patch+json"))).ShouldSucceed();

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        await _daemon.DisposeAsync();
        _certificate.Dispose();
        _authority.Dispose();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        Asked.Enqueue(http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        Caller = http.Connection.ClientCertificate;
        if (Answers is { } answers && await answers(http))
            return;
        if (http.Request.Path == Root)
        {
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync(Discovery);
            return;
        }

        if (http.Request.Path.StartsWithSegments("/openapi"))
        {
            http.Response.StatusCode = 404;
            return;
        }

        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "no-store";
        var seen = new JsonObject
        {
            ["method"] = http.Request.Method,
            ["target"] = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            ["length"] = (await http.Request.Body.ReadAllAsync()).ToString(System.Globalization.CultureInfo.InvariantCulture),
        };
        foreach (var (name, values) in http.Request.Headers)
            seen[name.ToLowerInvariant()] = string.Join('|', values.ToArray());
        await http.Response.WriteAsync(seen.ToJsonString());
    }
}

internal static class BodyLengths
{
    /// <summary>Reads a body to its end, and counts.</summary>
    public static async Task<long> ReadAllAsync(this Stream body)
    {
        var buffer = new byte[64 * 1024];
        long length = 0;
        while (await body.ReadAsync(buffer) is var read and > 0)
            length += read;
        return length;
    }
}
