using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.Node.Identity;

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
}
