using k8s.Models;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.Kinds.Bootstrap;
using OrleansOrchestrator.Node.Identity;
using OrleansOrchestrator.Node.Tests.Fakes;

namespace OrleansOrchestrator.Node.Tests.Identity;

/// <summary>A machine believes only the cluster that its token and its pin prove.</summary>
public sealed class ClusterDiscoveryTests : IDisposable
{
    private static readonly BootstrapToken Token = new("abcdef", "0123456789abcdef");

    private readonly TestAuthority _authority = new();
    private readonly TestAuthority _other = new();

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
    }

    [Theory]
    [InlineData("good", null)]
    [InlineData("pinned", null)]
    [InlineData("two authorities", null)]
    [InlineData("other pin", "is not the pinned one")]
    [InlineData("unsigned", "has not signed")]
    [InlineData("other token", "is not signed by the token")]
    [InlineData("changed", "is not signed by the token")]
    [InlineData("no kubeconfig", "says nothing")]
    [InlineData("no yaml", "cannot be read")]
    public async Task Cluster_IsBelieved_OnlyWithProof(string what, string? why)
    {
        var pem = _authority.Certificate.ExportCertificatePem();
        if (what == "two authorities")
            pem = $"{_other.Certificate.ExportCertificatePem()}\n{pem}";
        var text = what == "no yaml" ? "{" : ClusterInfo.KubeConfig("https://127.0.0.1", pem);
        var data = new Dictionary<string, string> { [ClusterInfo.KubeConfigKey] = what == "changed" ? text + "\n" : text };
        if (what != "unsigned")
            data[ClusterInfo.SignaturePrefix + Token.Id] = ClusterInfo.Sign(text, what == "other token" ? Token with { Secret = "0000000000000000" } : Token);
        if (what == "no kubeconfig")
            data.Remove(ClusterInfo.KubeConfigKey);
        await using var api = await FakeApiServer.StartAsync();
        api.Put("api/v1/namespaces/kube-public/configmaps/cluster-info", new V1ConfigMap
        {
            ApiVersion = "v1",
            Kind = "ConfigMap",
            Metadata = new V1ObjectMeta { Name = ClusterInfo.Name, NamespaceProperty = ClusterInfo.Namespace },
            Data = data,
        });
        string[] pins = what switch
        {
            "pinned" or "two authorities" => [ClusterInfo.PinOf(_authority.Certificate).ToUpperInvariant().Replace("SHA256", "sha256", StringComparison.Ordinal)],
            "other pin" => [ClusterInfo.PinOf(_other.Certificate)],
            _ => [],
        };

        var finding = ClusterDiscovery.FindAuthoritiesAsync(new Uri(api.Url), Token, pins, new FakeTimeProvider(), TestContext.Current.CancellationToken);

        if (why is null)
            (await finding).ShouldBe(_authority.Certificate.ExportCertificatePem(), "only what was pinned is trusted");
        else
            (await Should.ThrowAsync<JoinException>(finding)).Message.ShouldContain(why);
    }
}
