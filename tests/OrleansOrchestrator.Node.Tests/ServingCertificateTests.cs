using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Server;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>The certificate of the node's server changes without a moment in which a caller knows another one than it shows.</summary>
public sealed class ServingCertificateTests : IAsyncDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);
    private static readonly TimeSpan HeardWithin = TimeSpan.FromMinutes(1);

    private readonly string _folder = Directory.CreateTempSubdirectory("serving-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly CancellationTokenSource _stop = new();
    private readonly List<(string Used, string Announced)> _announced = [];
    private int _failures;
    private Task _renewing = Task.CompletedTask;

    [Fact]
    public async Task Certificate_ThatIsDue_IsUsedOnlyAfterCallersHaveHeardOfIt()
    {
        var certificate = Load();
        var former = Hash(certificate);
        Renew(certificate);
        _time.Advance(Lifetime * 0.9);

        await Eventually.HoldsAsync(() => Count() == 1);
        Hash(certificate).ShouldBe(former);
        await Eventually.HoldsAsync(() =>
        {
            _time.Advance(HeardWithin);
            return Count() == 2;
        });

        var next = Hash(certificate);
        next.ShouldNotBe(former);
        _announced.ShouldBe([(former, $"{former},{next}"), (next, next)]);
        certificate.Current.NotAfter.ShouldBe((_time.GetUtcNow() + Lifetime).LocalDateTime, HeardWithin * 10);
    }

    [Fact]
    public async Task Certificate_ThatIsNotDue_Stays()
    {
        var certificate = Load();
        var former = Hash(certificate);
        Renew(certificate);
        _time.Advance(Lifetime * 0.4);

        await StopAsync();

        (Hash(certificate), Count()).ShouldBe((former, 0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task ControlPlane_ThatIsAway_HoldsUpTheChange(int failures)
    {
        var certificate = Load();
        var former = Hash(certificate);
        _failures = failures;
        Renew(certificate);
        _time.Advance(Lifetime * 0.9);
        await Eventually.HoldsAsync(() => Volatile.Read(ref _failures) < failures);
        Hash(certificate).ShouldBe(former);

        await Eventually.HoldsAsync(() =>
        {
            _time.Advance(HeardWithin);
            return Count() == 2;
        });

        _announced[0].Used.ShouldBe(former);
        _announced[1].Announced.ShouldBe(Hash(certificate));
    }

    [Fact]
    public void Daemon_ThatIsStoppedBetweenTheSteps_AnnouncesWhatItMayShow()
    {
        var certificate = Load();
        certificate.Prepare();
        var (former, both) = (Hash(certificate), certificate.Announced);

        var restarted = Load();

        (Hash(restarted), restarted.Announced, restarted.IsChanging).ShouldBe((former, both, true));
        restarted.Change();
        both.ShouldBe($"{former},{Hash(restarted)}");
        var last = Load();
        (Hash(last), last.Announced, last.IsChanging).ShouldBe((Hash(restarted), Hash(restarted), false));
    }

    [Fact]
    public void Certificate_FileThatWasCutOff_IsMadeAnew()
    {
        var certificate = Load();
        var path = Path.Combine(_folder, ServingCertificate.FileName);
        File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText(path, File.ReadAllText(path)[..100]);

        Hash(Load()).ShouldNotBe(Hash(certificate));
    }

    [Fact]
    public void Voter_OfAFolderWithOneCertificateForEverything_KeepsItsName()
    {
        var served = Hash(Load(TimeSpan.FromDays(3650)));

        Voter().ShouldBe(served);
        File.Delete(Path.Combine(_folder, ServingCertificate.FileName));
        Voter().ShouldBe(served);
        Hash(Load()).ShouldNotBe(served);
    }

    [Fact]
    public void Voter_OfACopiedFolder_IsAnother()
    {
        var voter = Voter();

        Voter("b").ShouldNotBe(voter);
    }

    [Fact]
    public void Voter_WhoseFileIsDeleted_IsAnotherUnlessTheServerWasTheVoter()
    {
        Load(TimeSpan.FromDays(365));
        var voter = Voter();

        File.Delete(Path.Combine(_folder, "voter.pem"));

        Voter().ShouldNotBe(voter);
        Voter().ShouldNotBe(Hash(Load()));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Hash(ServingCertificate certificate) => SelfSigned.HashOf(certificate.Current);

    private string Voter(string node = "a") => SelfSigned.HashOf(VoterCertificate.LoadOrCreate(_folder, node, IPAddress.Loopback, _time));

    private ServingCertificate Load(TimeSpan? lifetime = null) => ServingCertificate.LoadOrCreate(_folder, "a", IPAddress.Loopback, lifetime ?? Lifetime, _time);

    private int Count()
    {
        lock (_announced)
            return _announced.Count;
    }

    private void Renew(ServingCertificate certificate) => _renewing = new ServingCertificateRenewal(
        certificate,
        new NodeAgentOptions { DataDirectory = _folder, ServingCertificateDuration = Lifetime },
        _ =>
        {
            if (Interlocked.Decrement(ref _failures) >= 0)
                throw new ApiUnavailableException(new IOException("away"));
            lock (_announced)
                _announced.Add((Hash(certificate), certificate.Announced));
            return Task.CompletedTask;
        },
        HeardWithin,
        _time,
        NullLogger.Instance).RunAsync(_stop.Token);

    private async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _renewing;
    }
}
