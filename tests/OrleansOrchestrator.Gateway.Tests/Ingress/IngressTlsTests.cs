using System.Net;
using System.Security.Cryptography.X509Certificates;
using OrleansOrchestrator.Gateway.Ingress;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Gateway.Tests.Ingress;

/// <summary>Certificates of ingresses, and the way to HTTPS.</summary>
public sealed class IngressTlsTests : IAsyncLifetime
{
    private IngressFixture _ingress = null!;
    private PodServer _server = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _ingress = await IngressFixture.StartAsync(IngressFixture.Both);
        _server = await PodServer.StartAsync("web-1");
        await _ingress.CreateServiceAsync("web", [_server]);
    }

    public async ValueTask DisposeAsync()
    {
        await _ingress.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Certificate_IsThatOfTheNameThatTheClientAsksFor()
    {
        var named = await _ingress.CreateSecretAsync("named", "a.example.com");
        var wild = await _ingress.CreateSecretAsync("wild", "*.example.com");
        await _ingress.CreateIngressAsync("named", "a.example.com", ["/ web"], Tls("a.example.com", "named"));
        await _ingress.CreateIngressAsync("wild", "*.example.com", ["/ web"], Tls("*.example.com", "wild"));
        await UntilCertifiedAsync("b.example.com", wild);

        (await CertificateAsync("a.example.com")).Thumbprint.ShouldBe(named);
        (await CertificateAsync("A.Example.Com")).Thumbprint.ShouldBe(named);
        (await CertificateAsync("other.org")).Subject.ShouldBe("CN=orchestrator-ingress-default");
        (await CertificateAsync("127.0.0.1")).Subject.ShouldBe("CN=orchestrator-ingress-default");
        var told = await _ingress.AskAsync("a.example.com", "/x", isSecure: true);
        ((string?)told!["server"], (string?)told["x-forwarded-proto"]).ShouldBe(("web-1", "https"));
    }

    [Fact]
    public async Task Certificate_ThatIsRenewed_IsUsedAtOnce()
    {
        var first = await _ingress.CreateSecretAsync("pair", "a.example.com");
        await _ingress.CreateIngressAsync("one", "a.example.com", ["/ web"], Tls("a.example.com", "pair"));
        await UntilCertifiedAsync("a.example.com", first);

        await UntilCertifiedAsync("a.example.com", await _ingress.RenewSecretAsync("pair", "a.example.com"));
    }

    [Fact]
    public async Task Secret_ThatCannotBeRead_HarmsOnlyItself()
    {
        await _ingress.CreateSecretAsync("bad", "bad.example.com");
        await _ingress.SpoilSecretAsync("bad");
        var good = await _ingress.CreateSecretAsync("good", "good.example.com");
        await _ingress.CreateIngressAsync("bad", "bad.example.com", ["/ web"], Tls("bad.example.com", "bad"));
        await _ingress.CreateIngressAsync("missing", "missing.example.com", ["/ web"], Tls("missing.example.com", "missing"));
        await _ingress.CreateIngressAsync("good", "good.example.com", ["/ web"], Tls("good.example.com", "good"));
        await UntilCertifiedAsync("good.example.com", good);

        foreach (var host in (string[])["bad.example.com", "missing.example.com"])
        {
            (await CertificateAsync(host)).Subject.ShouldBe("CN=orchestrator-ingress-default");
            ((string?)(await _ingress.AskAsync(host, "/", isSecure: true))!["server"]).ShouldBe("web-1");
        }

        await UntilCertifiedAsync("missing.example.com", await _ingress.CreateSecretAsync("missing", "missing.example.com"));
        await UntilCertifiedAsync("bad.example.com", await _ingress.RenewSecretAsync("bad", "bad.example.com"));
    }

    [Fact]
    public async Task Http_OfAHostWithACertificate_IsRedirected()
    {
        await _ingress.CreateSecretAsync("pair", "a.example.com");
        await _ingress.CreateIngressAsync("secure", "a.example.com", ["/ web"], Tls("a.example.com", "pair"));
        await _ingress.CreateIngressAsync("challenge", "a.example.com", ["/.well-known web"]);
        await _ingress.CreateIngressAsync("both", "b.example.com", ["/ web"], Tls("b.example.com", "pair"), annotations: $$"""{"{{RouteTable.RedirectAnnotation}}":"false"}""");
        await _ingress.UntilServedAsync("b.example.com", "/", "web-1");

        using var response = await _ingress.Client.GetAsync(_ingress.At("a.example.com", "/x%2Fy?z"), Cancellation);
        (response.StatusCode, response.Headers.Location?.OriginalString).ShouldBe((HttpStatusCode.PermanentRedirect, $"https://a.example.com:{_ingress.HttpsAddress.Port}/x%2Fy?z"));
        ((string?)(await _ingress.AskAsync("a.example.com", "/.well-known/acme-challenge/token"))?["server"]).ShouldBe("web-1");
    }

    [Fact]
    public async Task Client_MaySpeakHttp2()
    {
        await _ingress.CreateIngressAsync("one", "a.example.com", ["/ web"]);
        await _ingress.UntilServedAsync("a.example.com", "/", "web-1");
        using var request = new HttpRequestMessage(HttpMethod.Get, _ingress.At("a.example.com", "/", isSecure: true)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await _ingress.Client.SendAsync(request, Cancellation);

        (response.StatusCode, response.Version).ShouldBe((HttpStatusCode.OK, HttpVersion.Version20));
    }

    private static string Tls(string host, string secret) => $$""","tls":[{"hosts":["{{host}}"],"secretName":"{{secret}}"}]""";

    private Task UntilCertifiedAsync(string host, string thumbprint) => Eventually.IsAsync(async () => (await CertificateAsync(host)).Thumbprint, thumbprint);

    private async Task<(string Subject, string Thumbprint)> CertificateAsync(string host)
    {
        (string, string) shown = default;
        using var client = _ingress.CreateClient((X509Certificate2 certificate) => shown = (certificate.Subject, certificate.Thumbprint));
        using var response = await client.GetAsync(_ingress.At(host, "/", isSecure: true), Cancellation);
        return shown;
    }
}
