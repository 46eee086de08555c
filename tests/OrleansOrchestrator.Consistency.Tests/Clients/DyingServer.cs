using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansOrchestrator.Testing.Programs;

namespace OrleansOrchestrator.Consistency.Tests.Clients;

/// <summary>A server that answers its first request, and dies of its second one: with it in hand, and before it answers.</summary>
internal sealed class DyingServer : IDisposable
{
    private static readonly byte[] Answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"u8.ToArray();

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _certificate = SelfSigned();

    public DyingServer() => _listener.Start();

    /// <summary>Writes the kubeconfig of whoever is to use it.</summary>
    public string WriteKubeConfig(Scratch scratch) => scratch.Write("kubeconfig", $$"""
        apiVersion: v1
        kind: Config
        current-context: it
        clusters:
        - name: it
          cluster:
            server: https://127.0.0.1:{{((IPEndPoint)_listener.LocalEndpoint).Port}}
            certificate-authority-data: {{Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(_certificate.ExportCertificatePem()))}}
        users:
        - name: it
          user:
            token: it
        contexts:
        - name: it
          context:
            cluster: it
            user: it
        """);

    /// <summary>Lives its life.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var connection = await _listener.AcceptTcpClientAsync(cancellationToken);
        await using var stream = new SslStream(connection.GetStream());
        await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, cancellationToken);
        var request = new byte[16 * 1024];
        await stream.ReadAtLeastAsync(request, 1, cancellationToken: cancellationToken);
        await stream.WriteAsync(Answer, cancellationToken);
        await stream.ReadAtLeastAsync(request, 1, cancellationToken: cancellationToken);
        _listener.Stop();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _certificate.Dispose();
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=dying", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
