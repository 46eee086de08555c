using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace OrleansOrchestrator.EndToEnd.Tests.Workloads;

/// <summary>
/// An API server with one external metric. It listens at the address of a pod that is a process, as this pod would, and answers over TLS
/// whoever has a client certificate.
/// </summary>
internal sealed class MetricsAdapter : IAsyncDisposable
{
    public const string ApiService = "v1beta1.external.metrics.k8s.io";

    public const string AutoscalerPatch = """
        {"spec":{"metrics":[{"type":"External","external":{"metric":{"name":"queue"},"target":{"type":"AverageValue","averageValue":"10"}}}]}}
        """;

    private readonly X509Certificate2 _certificate = Certificate();
    private readonly CancellationTokenSource _end = new();
    private readonly TcpListener _listener;
    private readonly Task _serving;

    public MetricsAdapter(IPAddress address)
    {
        _listener = new TcpListener(address, 0);
        _listener.Start();
        _serving = ServeAsync();
    }

    public static string Pod { get; } = """
        apiVersion: v1
        kind: Pod
        metadata:
          name: adapter
          labels: {app: adapter}
        spec:
          terminationGracePeriodSeconds: 0
          containers:
          - {name: main, image: "registry.invalid/main:1", command: [sleep, "1000"]}
        """;

    /// <summary>What the metric says.</summary>
    public int Value { get; set; }

    /// <summary>The last path that was asked for the metric, who asked, and for whom.</summary>
    public (string Path, string Caller, string User) Asked { get; private set; }

    /// <summary>The service, and the APIService that names it.</summary>
    public string Objects => $$"""
        apiVersion: v1
        kind: Service
        metadata:
          name: adapter
        spec:
          selector: {app: adapter}
          ports:
          - {port: 443, targetPort: {{((IPEndPoint)_listener.LocalEndpoint).Port}}}
        ---
        apiVersion: apiregistration.k8s.io/v1
        kind: APIService
        metadata:
          name: {{ApiService}}
        spec:
          group: external.metrics.k8s.io
          version: v1beta1
          groupPriorityMinimum: 100
          versionPriority: 100
          service: {namespace: default, name: adapter}
          caBundle: {{Convert.ToBase64String(Encoding.ASCII.GetBytes(_certificate.ExportCertificatePem()))}}
        """;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _serving;
        _certificate.Dispose();
        _end.Dispose();
    }

    private async Task ServeAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await using var stream = new SslStream(client.GetStream());
                await stream.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions { ServerCertificate = _certificate, ClientCertificateRequired = true, RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null },
                    _end.Token);
                using var reader = new StreamReader(stream, Encoding.ASCII);
                while (await reader.ReadLineAsync(_end.Token) is { } first)
                {
                    var user = "";
                    while (await reader.ReadLineAsync(_end.Token) is { Length: > 0 } header)
                        user = header.StartsWith("X-Remote-User: ", StringComparison.OrdinalIgnoreCase) ? header["X-Remote-User: ".Length..] : user;
                    var path = first.Split(' ')[1];
                    if (path.Contains("/queue", StringComparison.Ordinal))
                        Asked = (path.Split('?')[0], stream.RemoteCertificate!.Subject, user);
                    var body = BodyOf(path);
                    await stream.WriteAsync(
                        Encoding.ASCII.GetBytes($"HTTP/1.1 {(body.Length > 0 ? "200 OK" : "404 Not Found")}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"),
                        _end.Token);
                }
            }
            catch (Exception broken) when (broken is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
            {
                // The caller has gone.
            }
        }
    }

    private string BodyOf(string path) => path.Split('?')[0] switch
    {
        "/apis/external.metrics.k8s.io/v1beta1" =>
            """{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"external.metrics.k8s.io/v1beta1","resources":[{"name":"queue","singularName":"","namespaced":true,"kind":"ExternalMetricValueList","verbs":["get"]}]}""",
        var metric when metric.EndsWith("/queue", StringComparison.Ordinal) =>
            $$$"""{"kind":"ExternalMetricValueList","apiVersion":"external.metrics.k8s.io/v1beta1","metadata":{},"items":[{"metricName":"queue","metricLabels":{},"timestamp":"2026-03-01T12:00:00Z","value":"{{{Value}}}"}]}""",
        _ => "",
    };

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=adapter", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("adapter.default.svc");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddMinutes(-5), TimeProvider.System.GetUtcNow().AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
