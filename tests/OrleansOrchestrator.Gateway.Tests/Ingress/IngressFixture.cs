using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Gateway.Hosting;
using OrleansOrchestrator.Gateway.Identity;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Gateway.Tests.Hosting;
using OrleansOrchestrator.Gateway.Tests.Nodes;
using OrleansOrchestrator.Kinds.Networking;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Gateway.Tests.Ingress;

/// <summary>A gateway that serves ingresses, a node whose daemon dials this machine, and the class of the gateways.</summary>
internal sealed class IngressFixture : IAsyncDisposable
{
    private const string Networking = "/apis/networking.k8s.io/v1";
    private const string Slices = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";

    private readonly CertificateAuthority _authority = CertificateAuthority.Load(CertificateAuthority.Create(TimeProvider.System.GetUtcNow()));
    private readonly GatewayFixture _gateway;
    private FakeDaemon _daemon = null!;

    private IngressFixture(IngressOptions options) =>
        _gateway = new GatewayFixture { Configure = services => services.AddIngress(options with { ListenAddress = IPAddress.Loopback }) };

    public static IngressOptions Http { get; } = new() { HttpPort = 0 };

    public static IngressOptions Both { get; } = new() { HttpPort = 0, HttpsPort = 0 };

    public Uri HttpAddress => _gateway.Ingress.HttpAddress!;

    public Uri HttpsAddress => _gateway.Ingress.HttpsAddress!;

    /// <summary>A client that reaches the gateway at any name, and does not judge certificates.</summary>
    public HttpClient Client { get; private set; } = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<IngressFixture> StartAsync(IngressOptions? options = null)
    {
        var fixture = new IngressFixture(options ?? Http);
        await fixture._gateway.InitializeAsync();
        fixture._daemon = await FakeDaemon.StartAsync(FakeDaemon.DialAsync);
        await fixture._daemon.RegisterAsync(fixture._gateway);
        await fixture.CreateClassAsync(IngressClasses.ClassName, isDefault: false);
        fixture.Client = fixture.CreateClient(static _ => { });
        return fixture;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _gateway.DisposeAsync();
        await _daemon.DisposeAsync();
        _authority.Dispose();
    }

    /// <summary>Stops the server of ingresses, for which nobody sets a time.</summary>
    public Task StopServingAsync() => _gateway.Ingress.StopAsync(CancellationToken.None);

    /// <summary>Makes a client that reaches the gateway at any name.</summary>
    /// <param name="judge">Receives the certificate of each connection.</param>
    public HttpClient CreateClient(Action<X509Certificate2> judge) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        ConnectCallback = async (context, cancellation) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        },
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                judge((X509Certificate2)certificate!);
                return true;
            },
        },
    })
    {
        Timeout = TimeSpan.FromSeconds(60),
    };

    /// <summary>An address of the gateway under a name.</summary>
    public Uri At(string host, string path, bool isSecure = false) =>
        new($"{(isSecure ? "https" : "http")}://{host}:{(isSecure ? HttpsAddress : HttpAddress).Port}{path}");

    /// <summary>What the server in a pod tells; null if another one answers.</summary>
    public async Task<JsonNode?> AskAsync(string host, string path, bool isSecure = false)
    {
        using var response = await Client.GetAsync(At(host, path, isSecure), Cancellation);
        return response.StatusCode == HttpStatusCode.OK ? JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation)) : null;
    }

    /// <summary>Waits until a server answers under a name.</summary>
    public Task UntilServedAsync(string host, string path, string? by) => Eventually.IsAsync(async () => (string?)(await AskAsync(host, path))?["server"], by);

    public Task CreateClassAsync(string name, bool isDefault, string controller = IngressClasses.Controller) => _gateway.CreateAsync(Networking + "/ingressclasses", $$$"""
        {"metadata":{"name":"{{{name}}}","annotations":{"{{{IngressClasses.DefaultAnnotation}}}":"{{{(isDefault ? "true" : "false")}}}"} },"spec":{"controller":"{{{controller}}}"} }
        """);

    /// <summary>Creates an ingress of the gateways' class with paths of a host.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="host">The host.</param>
    /// <param name="paths">Prefixes, each with a service: <c>/shop web</c>.</param>
    /// <param name="more">More of its spec, as JSON that begins with a comma.</param>
    /// <param name="type">The class; empty for none.</param>
    /// <param name="annotations">Its annotations, as JSON.</param>
    public Task CreateIngressAsync(string name, string host, string[] paths, string more = "", string type = IngressClasses.ClassName, string annotations = "{}") =>
        _gateway.CreateAsync(Networking + "/namespaces/default/ingresses", $$"""
            {"metadata":{"name":"{{name}}","annotations":{{annotations}} },"spec":{ {{(type.Length > 0 ? $"\"ingressClassName\":\"{type}\"," : "")}} "rules":[{"host":"{{host}}","http":{"paths":[
            {{string.Join(',', paths.Select(path => path.Split(' ')).Select(path => $$$"""{"path":"{{{path[0]}}}","pathType":"Prefix","backend":{"service":{"name":"{{{path[1]}}}","port":{"number":80} } } }"""))}}
            ]} }]{{more}} } }
            """);

    public async Task PatchIngressAsync(string name, string patch) => await PatchAsync($"{Networking}/namespaces/default/ingresses/{name}", patch);

    public async Task DeleteIngressAsync(string name) =>
        (await _gateway.Admin.CallAsync(HttpMethod.Delete, $"{Networking}/namespaces/default/ingresses/{name}")).ShouldSucceed();

    /// <summary>Creates a service with a pod for each server.</summary>
    public async Task CreateServiceAsync(string name, PodServer[] servers, string? protocol = null)
    {
        await _gateway.CreateAsync("/api/v1/namespaces/default/services", $$"""
            {"metadata":{"name":"{{name}}"},"spec":{"ports":[{"port":80{{(protocol is null ? "" : $",\"appProtocol\":\"{protocol}\"")}} }]} }
            """);
        foreach (var server in servers)
            await AddEndpointAsync(name, server.Name, server.Port);
    }

    /// <summary>Adds a pod to a service.</summary>
    public Task AddEndpointAsync(string service, string pod, int port) => _gateway.CreateAsync(Slices, $$"""
        {"metadata":{"name":"{{service}}-{{pod}}","labels":{"kubernetes.io/service-name":"{{service}}"} },"addressType":"IPv4","ports":[{"port":{{port}} }],
         "endpoints":[{"addresses":["10.1.2.3"],"nodeName":"n1","conditions":{"ready":true},"targetRef":{"kind":"Pod","name":"{{pod}}","uid":"uid-{{pod}}"} }]}
        """);

    /// <summary>Says of a pod that it is no longer ready.</summary>
    public Task SetUnreadyAsync(string service, string pod) => PatchAsync($"{Slices}/{service}-{pod}", $$"""
        {"endpoints":[{"addresses":["10.1.2.3"],"nodeName":"n1","conditions":{"ready":false},"targetRef":{"kind":"Pod","name":"{{pod}}","uid":"uid-{{pod}}"} }]}
        """);

    /// <summary>Creates a secret with a certificate for a host.</summary>
    /// <returns>The thumbprint of the certificate.</returns>
    public async Task<string> CreateSecretAsync(string name, string host)
    {
        var (data, thumbprint) = Issue(host);
        await _gateway.CreateAsync("/api/v1/namespaces/default/secrets", $$"""{"metadata":{"name":"{{name}}"},"type":"kubernetes.io/tls","data":{{data}} }""");
        return thumbprint;
    }

    /// <summary>Puts a new certificate into a secret.</summary>
    /// <returns>The thumbprint of the certificate.</returns>
    public async Task<string> RenewSecretAsync(string name, string host)
    {
        var (data, thumbprint) = Issue(host);
        await PatchAsync($"/api/v1/namespaces/default/secrets/{name}", $$"""{"data":{{data}} }""");
        return thumbprint;
    }

    public Task SpoilSecretAsync(string name) => PatchAsync($"/api/v1/namespaces/default/secrets/{name}", """{"data":{"tls.key":"bm9uc2Vuc2U="}}""");

    private (string Data, string Thumbprint) Issue(string host)
    {
        using var certificate = _authority.IssueServerCertificate(host, [host], TimeProvider.System.GetUtcNow(), TimeSpan.FromDays(1));
        var key = certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem();
        return ($$"""{"tls.crt":"{{Base64(certificate.ExportCertificatePem())}}","tls.key":"{{Base64(key)}}"}""", certificate.Thumbprint);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));

    private async Task PatchAsync(string path, string patch) =>
        (await _gateway.Admin.CallAsync(HttpMethod.Patch, path, new StringContent(patch, Encoding.UTF8, "application/merge-patch+json"))).ShouldSucceed();
}
