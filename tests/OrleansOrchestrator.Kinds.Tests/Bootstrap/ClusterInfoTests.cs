using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OrleansOrchestrator.Kinds.Bootstrap;

namespace OrleansOrchestrator.Kinds.Tests.Bootstrap;

public sealed class ClusterInfoTests
{
    private const string Text = "kind: Config\n";
    private static readonly BootstrapToken Token = new("abcdef", "0123456789abcdef");

    [Fact]
    public void Signature_OfAToken_IsDetachedAndOfThatTokenOnly()
    {
        var signature = ClusterInfo.Sign(Text, Token);

        signature.Split('.')[1].ShouldBeEmpty();
        ClusterInfo.IsSignedBy(Text, signature, Token).ShouldBeTrue();
        ClusterInfo.IsSignedBy(Text + " ", signature, Token).ShouldBeFalse();
        ClusterInfo.IsSignedBy(Text, signature, Token with { Secret = "0123456789abcdeg" }).ShouldBeFalse();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a..b")]
    [InlineData("e30..")]
    [InlineData("e30.e30.e30")]
    public void Signature_ThatIsNone_ProvesNothing(string? signature) => ClusterInfo.IsSignedBy(Text, signature, Token).ShouldBeFalse();

    [Fact]
    public void Signature_OfAnotherAlgorithm_ProvesNothing()
    {
        var header = Base64Url.EncodeToString("{\"alg\":\"none\",\"kid\":\"abcdef\"}"u8);
        var hash = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Token.Secret), Encoding.ASCII.GetBytes($"{header}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Text))}"));

        ClusterInfo.IsSignedBy(Text, $"{header}..{Base64Url.EncodeToString(hash)}", Token).ShouldBeFalse();
    }

    [Fact]
    public void Pin_OfAnAuthority_IsTheHashOfItsPublicKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var authority = new CertificateRequest("CN=ca", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1));

        ClusterInfo.PinOf(authority).ShouldBe("sha256:" + Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo())));
        ClusterInfo.IsPin(ClusterInfo.PinOf(authority)).ShouldBeTrue();
        ClusterInfo.IsPin("sha256:12").ShouldBeFalse();
    }

    [Theory]
    [InlineData("abcdef.0123456789abcdef", true)]
    [InlineData("ABCDEF.0123456789abcdef", false)]
    [InlineData("abcdef.0123456789abcde", false)]
    [InlineData("abcdef.0123456789abcdef\n", false)]
    [InlineData("abcdef-0123456789abcdef", false)]
    public void Token_IsReadOnlyInItsForm(string text, bool isToken) => (BootstrapToken.Parse(text)?.ToString() == text).ShouldBe(isToken);

    [Fact]
    public void Token_MadeAtRandom_IsReadAgainFromItsSecret()
    {
        var token = BootstrapToken.Create();
        var secret = token.ToSecret("for a test", new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero), [BootstrapToken.Authentication], ["system:bootstrappers:a"]);

        BootstrapToken.Of(secret).ShouldBe(token);
        BootstrapToken.EndOf(secret).ShouldBe(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        (BootstrapToken.Has(secret, BootstrapToken.Authentication), BootstrapToken.Has(secret, BootstrapToken.Signing)).ShouldBe((true, false));
        BootstrapToken.GroupsOf(secret).ShouldBe(["system:bootstrappers:a"]);
        secret.Metadata.Name = "bootstrap-token-ffffff";
        BootstrapToken.Of(secret).ShouldBeNull("the name says which token it is");
    }
}
