using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.Node.Identity;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests.Identity;

/// <summary>What a machine that joins leaves alone.</summary>
public sealed class NodeJoinRefusalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("node-join-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task KubeConfig_WithOtherCredentials_IsNotReplaced()
    {
        const string Administrator = """
            apiVersion: v1
            kind: Config
            clusters: [{name: c, cluster: {server: "https://192.0.2.1:6443"}}]
            users: [{name: admin, user: {token: secret}}]
            contexts: [{name: c, context: {cluster: c, user: admin}}]
            current-context: c
            """;
        var file = Path.Combine(_folder, "admin.conf");
        await File.WriteAllTextAsync(file, Administrator, TestContext.Current.CancellationToken);
        var settings = new JoinSettings
        {
            Server = new Uri("https://192.0.2.1:6443"),
            Token = "abcdef.0123456789abcdef",
            KubeConfig = file,
            CertificateDirectory = Path.Combine(_folder, "pki"),
        };

        var joining = new NodeJoin(settings, "worker", null, new FakeTimeProvider(), NullLoggerFactory.Instance).JoinAsync(TestContext.Current.CancellationToken);

        (await Should.ThrowAsync<JoinException>(joining)).Message.ShouldContain("has other credentials than the node's, and is not replaced");
        (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).ShouldBe(Administrator);
    }

    [Theory]
    [InlineData(false, "its certificate in * has ended at 2026-03-01 22:00:00Z, and there is no token to ask for another one: give it --token, or --bootstrap-kubeconfig")]
    [InlineData(true, "")]
    public async Task Certificate_ThatHasEnded_IsReplacedByTheTokenOrToldOf(bool hasToken, string expected)
    {
        using var authority = new TestAuthority();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        var pki = Directory.CreateDirectory(Path.Combine(_folder, "pki")).FullName;
        var file = Path.Combine(pki, ClientCertificate.FileName);
        ClientCertificate.Create(file, authority.Sign("O=system:nodes, CN=system:node:worker", key, time.GetUtcNow(), time.GetUtcNow().AddHours(10)), key.ExportPkcs8PrivateKeyPem());
        var kubeConfig = Path.Combine(_folder, "node.kubeconfig");
        await File.WriteAllTextAsync(kubeConfig, $$"""
            apiVersion: v1
            kind: Config
            clusters: [{name: c, cluster: {server: "https://127.0.0.1:1", certificate-authority-data: {{Convert.ToBase64String(Encoding.ASCII.GetBytes(authority.Certificate.ExportCertificatePem()))}} } }]
            users: [{name: own, user: {client-certificate: {{file}}, client-key: {{file}} } }]
            contexts: [{name: c, context: {cluster: c, user: own} }]
            current-context: c
            """, TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromHours(11));
        var settings = new JoinSettings
        {
            Server = new Uri("https://127.0.0.1:1"),
            Token = hasToken ? "abcdef.0123456789abcdef" : null,
            KubeConfig = kubeConfig,
            CertificateDirectory = pki,
        };
        var join = new NodeJoin(settings, "worker", null, time, NullLoggerFactory.Instance);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

        var joining = join.JoinAsync(stop.Token);

        if (hasToken)
        {
            await Eventually.HoldsAsync(() => join.LastFault is not null, "it asks by the token");
            await stop.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(joining);
        }
        else
        {
            (await Should.ThrowAsync<JoinException>(joining)).Message.Replace(file, "*", StringComparison.Ordinal).ShouldBe(expected);
        }
    }
}
