using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s.Models;
using OrleansOrchestrator.Kinds.Networking;

namespace OrleansOrchestrator.Kinds.Tests.Networking;

public sealed class TlsKeyPairTests
{
    [Fact]
    public void Secret_WithAChain_IsReadWithTheKeyOfItsFirstCertificate()
    {
        var (leaf, key) = Issue("leaf");
        var (between, _) = Issue("between");

        TlsKeyPair.TryRead(Secret($"{leaf}\n{between}", key), out var pair, out var fault).ShouldBeTrue(fault);
        using (pair)
        {
            (pair!.Certificate.Subject, pair.Certificate.HasPrivateKey).ShouldBe(("CN=leaf", true));
            pair.Chain.Select(certificate => certificate.Subject).ShouldBe(["CN=between"]);
        }
    }

    [Fact]
    public void Secret_WithAKeyOfRsa_IsRead()
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=rsa", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(90));

        foreach (var pem in (string[])[key.ExportPkcs8PrivateKeyPem(), key.ExportRSAPrivateKeyPem()])
        {
            TlsKeyPair.TryRead(Secret(certificate.ExportCertificatePem(), pem), out var pair, out _).ShouldBeTrue();
            pair!.Dispose();
        }
    }

    [Fact]
    public void Secret_ThatCannotServe_SaysWhy()
    {
        var (certificate, key) = Issue("leaf");
        var (_, other) = Issue("other");

        FaultOf(null).ShouldBe("does not exist");
        FaultOf(new V1Secret { Type = "Opaque" }).ShouldBe("is not of the type kubernetes.io/tls");
        FaultOf(new V1Secret { Type = TlsKeyPair.SecretType }).ShouldBe("has no tls.crt");
        FaultOf(Secret(certificate, "")).ShouldBe("has no tls.key");
        FaultOf(Secret("text", key)).ShouldBe("has no certificate in tls.crt");
        foreach (var bad in (V1Secret[])[Secret(certificate, "nonsense"), Secret(certificate, other), Secret("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", key)])
            FaultOf(bad)!.ShouldStartWith("has a certificate and a key that do not fit or cannot be read: ");
    }

    private static string? FaultOf(V1Secret? secret)
    {
        TlsKeyPair.TryRead(secret, out var pair, out var fault).ShouldBeFalse();
        pair.ShouldBeNull();
        return fault;
    }

    private static V1Secret Secret(string certificate, string key) => new()
    {
        Type = TlsKeyPair.SecretType,
        Data = new Dictionary<string, byte[]> { ["tls.crt"] = Encoding.ASCII.GetBytes(certificate), ["tls.key"] = Encoding.ASCII.GetBytes(key) },
    };

    private static (string Certificate, string Key) Issue(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(90));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
