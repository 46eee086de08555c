using System.Security.Cryptography;
using OrleansOrchestrator.Node.Identity;

namespace OrleansOrchestrator.Node.Tests.Identity;

public sealed class ClientCertificateTests : IDisposable
{
    private const string Subject = "O=system:nodes, CN=system:node:a";
    private static readonly DateTimeOffset From = DateTimeOffset.UnixEpoch.AddYears(50);

    private readonly string _folder = Directory.CreateTempSubdirectory("certificate-").FullName;
    private readonly TestAuthority _authority = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private string FilePath => Path.Combine(_folder, ClientCertificate.FileName);

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _authority.Dispose();
        _key.Dispose();
    }

    [Fact]
    public void File_IsTheOwnersAlone_AndIsReadAgain()
    {
        var made = ClientCertificate.Create(FilePath, Signed(), _key.ExportPkcs8PrivateKeyPem());

        File.GetUnixFileMode(FilePath).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Directory.GetFiles(_folder).ShouldHaveSingleItem();
        var read = ClientCertificate.Load(FilePath, "a").ShouldNotBeNull();
        read.Current.Thumbprint.ShouldBe(made.Current.Thumbprint);
        read.Current.HasPrivateKey.ShouldBeTrue();
        ClientCertificate.Load(FilePath, "b").ShouldBeNull("the machine has another name now");
    }

    [Fact]
    public void File_CutOffAnywhere_IsLikeNone()
    {
        ClientCertificate.Create(FilePath, Signed(), _key.ExportPkcs8PrivateKeyPem());
        var whole = File.ReadAllText(FilePath);
        foreach (var length in Enumerable.Range(0, 20).Select(part => (whole.Length - 2) * part / 20))
        {
            File.WriteAllText(FilePath, whole[..length]);
            ClientCertificate.Load(FilePath, "a").ShouldBeNull($"{length} of {whole.Length} characters");
        }
    }

    [Theory]
    [InlineData("O=system:nodes, O=system:masters, CN=system:node:a")]
    [InlineData("O=system:masters, CN=system:node:a")]
    [InlineData("CN=system:node:b, O=system:nodes, CN=system:node:a")]
    [InlineData("O=system:nodes, CN=system:node:A")]
    public void File_OfSomebodyElse_IsLikeNone(string subject)
    {
        File.WriteAllText(FilePath, $"{Signed(subject)}\n{_key.ExportPkcs8PrivateKeyPem()}");

        ClientCertificate.Load(FilePath, "a").ShouldBeNull();
    }

    [Fact]
    public void File_WithTheKeyOfAnother_IsLikeNone()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(FilePath, $"{Signed()}\n{other.ExportPkcs8PrivateKeyPem()}");

        ClientCertificate.Load(FilePath, "a").ShouldBeNull();
    }

    private string Signed(string subject = Subject) => _authority.Sign(subject, _key, From, From.AddYears(1));
}
