using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansOrchestrator.Cli.Failures;
using OrleansOrchestrator.Cli.Nodes;

namespace OrleansOrchestrator.Cli.Tests.Nodes;

public sealed class NodeKubeConfigTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("node-kubeconfig-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task KubeConfig_WithOtherFiles_FindsThemBesideIt()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var authority = new CertificateRequest("CN=authority", key, HashAlgorithmName.SHA256).CreateSelfSigned(now, now.AddDays(1));
        await WriteAsync("ca.pem", authority.ExportCertificatePem());
        var path = await WriteAsync(
            "kubeconfig",
            """
            apiVersion: v1
            kind: Config
            current-context: here
            clusters:
            - name: cluster
              cluster: {server: "https://api.example:6443", certificate-authority: ca.pem}
            users:
            - name: node
              user: {token: secret}
            contexts:
            - name: here
              context: {cluster: cluster, user: node, namespace: own}
            unknown: field
            """);

        var configuration = NodeKubeConfig.Read(path);

        (configuration.Host, configuration.AccessToken, configuration.Namespace).ShouldBe(("https://api.example:6443", "secret", "own"));
        configuration.SslCaCerts.ShouldHaveSingleItem().Subject.ShouldBe("CN=authority");
    }

    [Theory]
    [InlineData("")]
    [InlineData("no: [yaml")]
    [InlineData("apiVersion: v1\nkind: Config\ncurrent-context: gone\n")]
    public async Task KubeConfig_ThatCannotBeUsed_IsNamed(string content)
    {
        var path = await WriteAsync("kubeconfig", content);

        Should.Throw<CommandException>(() => NodeKubeConfig.Read(path)).Message.ShouldStartWith($"cannot use the kubeconfig {path}: ");
    }

    private async Task<string> WriteAsync(string name, string content)
    {
        var path = Path.Combine(_folder, name);
        await File.WriteAllTextAsync(path, content, TestContext.Current.CancellationToken);
        return path;
    }
}
