using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.Gateway.Identity;

namespace OrleansOrchestrator.Gateway.Tests.Identity;

public sealed class ClusterIdentityTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly ConcurrentDictionary<string, byte[]> _kept = new();
    private readonly FakeTimeProvider _time = new(Now);

    [Fact]
    public async Task Load_OnSecondSilo_IsTheSameIdentity()
    {
        using var first = await LoadAsync();
        using var second = await LoadAsync();
        second.AdminToken.ShouldBe(first.AdminToken);
        second.Authority.CertificatePem.ShouldBe(first.Authority.CertificatePem);
        using var certificate = first.IssueAdminCertificate();
        second.Authority.IsIssuerOf(certificate, Now).ShouldBeTrue();
    }

    [Fact]
    public async Task Load_OfOtherCluster_IsAnotherIdentity()
    {
        using var first = await LoadAsync();
        _kept.Clear();
        using var second = await LoadAsync();
        second.AdminToken.ShouldNotBe(first.AdminToken);
        using var certificate = first.IssueAdminCertificate();
        second.Authority.IsIssuerOf(certificate, Now).ShouldBeFalse();
    }

    [Fact]
    public async Task Load_WithAClockBeforeTheAuthority_SaysThatTheClockIsWrong()
    {
        (await LoadAsync()).Dispose();
        var early = new FakeTimeProvider(Now.AddYears(-10));

        (await Should.ThrowAsync<ClockException>(() =>
                ClusterIdentity.LoadAsync((name, propose, _) => Task.FromResult(_kept.GetOrAdd(name, _ => propose())), early, default)))
            .Message.ShouldContain("this machine's clock says 2020-01-01 00:00:00Z");
    }

    [Fact]
    public async Task IsIssuerOf_OutsideLifetime_IsFalse()
    {
        using var identity = await LoadAsync();
        using var certificate = identity.Authority.IssueClientCertificate("u", [], Now, TimeSpan.FromHours(1));
        identity.Authority.IsIssuerOf(certificate, Now.AddMinutes(59)).ShouldBeTrue();
        identity.Authority.IsIssuerOf(certificate, Now.AddMinutes(61)).ShouldBeFalse();
        identity.Authority.IsIssuerOf(certificate, Now.AddHours(-1)).ShouldBeFalse();
    }

    [Fact]
    public async Task IssueServerCertificate_ForHosts_IsValidForThem()
    {
        using var identity = await LoadAsync();
        using var certificate = identity.Authority.IssueServerCertificate("s", ["localhost", "10.0.0.1", "::1", "localhost"], Now, TimeSpan.FromDays(1));
        certificate.MatchesHostname("localhost").ShouldBeTrue();
        certificate.MatchesHostname("10.0.0.1").ShouldBeTrue();
        certificate.MatchesHostname("example.com").ShouldBeFalse();
        certificate.HasPrivateKey.ShouldBeTrue();
    }

    [Fact]
    public async Task KubeConfig_WhenWritten_IsForItsOwnerOnlyAndReplacesTheOldOne()
    {
        using var identity = await LoadAsync();
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var path = Path.Combine(folder.FullName, "deep", "config");
            KubeConfigFile.Write(path, new Uri("https://127.0.0.1:1"), identity);
            KubeConfigFile.Write(path, new Uri("https://127.0.0.1:6443"), identity);
            if (!OperatingSystem.IsWindows())
                File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            var text = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
            text.ShouldContain("server: \"https://127.0.0.1:6443\"");
            text.ShouldContain(identity.AdminToken);
            Directory.GetFiles(Path.GetDirectoryName(path)!).ShouldBe([path]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task ClientCertificate_OfUser_TellsUserAndGroups()
    {
        using var identity = await LoadAsync();
        using var certificate = identity.Authority.IssueClientCertificate("jane", ["a", "b"], Now, TimeSpan.FromDays(1));
        var user = Gateway.Authentication.ClientCertificateAuthenticator.UserOf(certificate)!;
        user.Name.ShouldBe("jane");
        user.Groups.ShouldBe(["a", "b", "system:authenticated"], ignoreOrder: true);
    }

    private Task<ClusterIdentity> LoadAsync() =>
        ClusterIdentity.LoadAsync((name, propose, _) => Task.FromResult(_kept.GetOrAdd(name, _ => propose())), _time, default);
}
