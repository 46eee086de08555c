using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OrleansOrchestrator.Gateway.Authentication;
using OrleansOrchestrator.Gateway.Identity;
using OrleansOrchestrator.Kinds.Certificates;
using OrleansOrchestrator.Testing.Certificates;

namespace OrleansOrchestrator.Gateway.Tests.Identity;

public sealed class CertificateAuthorityTests
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sign_OfAKeyOfAnyKind_MakesACertificateByWhichTheUserLogsIn(bool isRsa)
    {
        using var authority = CertificateAuthority.Load(CertificateAuthority.Create(Now));
        using var rsa = RSA.Create(2048);
        using var elliptic = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        const string Subject = "CN=system:node:a, O=system:nodes";
        var request = isRsa
            ? new CertificateRequest(Subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(Subject, elliptic, HashAlgorithmName.SHA256);
        var asked = SigningRequest.Parse(Encoding.ASCII.GetBytes(request.CreateSigningRequestPem())).ShouldNotBeNull();

        var pem = Encoding.ASCII.GetString(authority.Sign(new CertificateOrder(
            asked.Subject, asked.Key, asked.Names, X509KeyUsageFlags.DigitalSignature, ["1.3.6.1.5.5.7.3.2"], Now.AddMinutes(-5), Now.AddHours(1))));

        using var certificate = X509Certificate2.CreateFromPem(pem);
        authority.IsIssuerOf(certificate, Now).ShouldBeTrue();
        authority.IsIssuerOf(certificate, Now.AddHours(2)).ShouldBeFalse();
        var user = ClientCertificateAuthenticator.UserOf(certificate).ShouldNotBeNull();
        user.Name.ShouldBe("system:node:a");
        user.Groups.ShouldBe(["system:nodes", "system:authenticated"]);
        certificate.PublicKey.ExportSubjectPublicKeyInfo().ShouldBe(request.PublicKey.ExportSubjectPublicKeyInfo());
    }

    [Theory]
    [InlineData("O=system:nodes, CN=system:node:a, OU=z+CN=system:kube-apiserver")]
    [InlineData("O=system:nodes, CN=system:node:a, CN=system:node:b")]
    [InlineData("CN=jane, OU=z+O=system:masters")]
    [InlineData("CN=jane+O=system:masters")]
    [InlineData("CN=jane, CN=joe, O=system:masters")]
    [InlineData("O=system:masters")]
    public void User_OfASubjectThatCanBeReadInTwoWays_IsNobody(string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest(SubjectName.Of(subject), key, HashAlgorithmName.SHA256).CreateSelfSigned(Now, Now.AddHours(1));

        ClientCertificateAuthenticator.UserOf(certificate).ShouldBeNull();
    }

    [Theory]
    [InlineData(X509KeyUsageFlags.None, 0)]
    [InlineData(X509KeyUsageFlags.DigitalSignature, 1)]
    public void Sign_ForKeyUsages_SaysNothingIfThereAreNone(X509KeyUsageFlags usages, int extensions)
    {
        using var authority = CertificateAuthority.Load(CertificateAuthority.Create(Now));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        var pem = authority.Sign(new CertificateOrder(
            new CertificateSubject("jane", []), new PublicKey(key), null, usages, ["1.3.6.1.5.5.7.3.2"], Now, Now.AddHours(1)));

        using var certificate = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(pem));
        certificate.Extensions.OfType<X509KeyUsageExtension>().Count().ShouldBe(extensions);
        authority.IsIssuerOf(certificate, Now.AddMinutes(1)).ShouldBeTrue();
    }

    [Fact]
    public void Sign_ForLongerThanTheAuthorityLasts_EndsWithIt()
    {
        using var authority = CertificateAuthority.Load(CertificateAuthority.Create(Now));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=jane", key, HashAlgorithmName.SHA256);

        var pem = authority.Sign(new CertificateOrder(
            new CertificateSubject("jane", []), request.PublicKey, null, X509KeyUsageFlags.DigitalSignature, ["1.3.6.1.5.5.7.3.2"], Now, Now.AddDays(100_000)));

        using var certificate = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(pem));
        certificate.NotAfter.ShouldBe(Now.AddDays(3650).LocalDateTime, TimeSpan.FromMinutes(1));
    }
}
