using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using k8s.Models;
using OrleansOrchestrator.Gateway.Ingress;
using OrleansOrchestrator.Kinds.Networking;

namespace OrleansOrchestrator.Gateway.Tests.Ingress;

/// <summary>Which certificate a name gets.</summary>
public sealed class CertificateTableTests
{
    private readonly Dictionary<string, SslStreamCertificateContext> _certificates = new() { ["a"] = Certificate("a"), ["b"] = Certificate("b") };

    /// <summary>Otherwise anybody could put a certificate of his own in the place of another's wildcard.</summary>
    [Theory]
    [InlineData(false, "a")]
    [InlineData(true, "b")]
    public void Certificate_OfAHostOfAnotherNamespace_IsNotUsed(bool areShared, string owner)
    {
        V1Ingress[] ingresses = [Ingress("a", "*.example.com"), Ingress("b", "shop.example.com", "b.example.org")];

        var table = CertificateTable.Of(ingresses, areShared ? IngressHosts.Shared : IngressHosts.Of(ingresses), (ns, _) => _certificates[ns]);

        table.Find("shop.example.com").ShouldBeSameAs(_certificates[owner]);
        table.Find("x.example.com").ShouldBeSameAs(_certificates["a"]);
        table.Find("b.example.org").ShouldBeSameAs(_certificates["b"]);
    }

    private static V1Ingress Ingress(string @namespace, params string[] hosts) => new()
    {
        Metadata = new V1ObjectMeta { Name = "web", NamespaceProperty = @namespace },
        Spec = new V1IngressSpec { Tls = [new V1IngressTLS { Hosts = hosts, SecretName = "pair" }] },
    };

    private static SslStreamCertificateContext Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(now, now.AddDays(1));
        return SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
    }
}
