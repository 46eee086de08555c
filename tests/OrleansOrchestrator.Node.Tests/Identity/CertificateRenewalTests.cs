using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Identity;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests.Identity;

/// <summary>A daemon asks for certificates, takes only its own, and keeps the old one until it has another.</summary>
public sealed class CertificateRenewalTests : IAsyncLifetime
{
    private const string Requests = "apis/certificates.k8s.io/v1/certificatesigningrequests/";
    private const string Subject = "O=system:nodes, CN=system:node:a";

    private readonly string _folder = Directory.CreateTempSubdirectory("renewal-").FullName;
    private readonly TestAuthority _authority = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private FakeApiServer _api = null!;
    private ClusterConnection _connection = null!;

    public async ValueTask InitializeAsync()
    {
        _api = await FakeApiServer.StartAsync();
        _connection = _api.Connect();
    }

    public async ValueTask DisposeAsync()
    {
        _connection.Dispose();
        await _api.DisposeAsync();
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("O=system:nodes, CN=system:node:b", "not of node a")]
    [InlineData("O=system:masters, CN=system:node:a", "not of node a")]
    [InlineData("other key", "a certificate of another key")]
    [InlineData("Denied", "is denied: Test: no")]
    [InlineData("garbage", "cannot be read")]
    public async Task Certificate_ThatIsNotWhatWasAskedFor_IsNotTaken(string what, string why)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var client = new CertificateClient(_connection, "a", null, _time, NullLogger.Instance);
        var asking = client.GetAsync(key, TestContext.Current.CancellationToken);
        await AnswerAsync(request => what switch
        {
            "Denied" => new V1CertificateSigningRequestStatus { Conditions = [new V1CertificateSigningRequestCondition { Type = "Denied", Status = "True", Reason = "Test", Message = "no" }] },
            "garbage" => Issued("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"),
            "other key" => Issued(Sign(Subject, other)),
            var subject => Issued(Sign(subject, key)),
        });

        (await Should.ThrowAsync<CertificateRefusedException>(() => PassingAsync(asking))).Message.ShouldContain(why);
    }

    [Fact]
    public async Task Renewal_HappensLate_AndKeepsTheOldOneUntilItSucceeds()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var start = _time.GetUtcNow();
        var certificate = ClientCertificate.Create(
            Path.Combine(_folder, ClientCertificate.FileName), _authority.Sign(Subject, key, start, start.AddHours(10)), key.ExportPkcs8PrivateKeyPem());
        var first = certificate.Current.Thumbprint;
        using var stop = new CancellationTokenSource();
        var replaced = 0;
        var renewal = Renewal(certificate, () => replaced++, () => throw new InvalidOperationException("it has not ended"));
        var running = renewal.RunAsync(stop.Token);

        await StepAsync(TimeSpan.FromHours(6.9));
        _api.List<V1CertificateSigningRequest>(Requests).ShouldBeEmpty("it is early");
        await StepAsync(TimeSpan.FromHours(2.2));
        await AnswerAsync(_ => new V1CertificateSigningRequestStatus
        {
            Conditions = [new V1CertificateSigningRequestCondition { Type = "Failed", Status = "True", Reason = "Test", Message = "no" }],
        });
        await Eventually.HoldsAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(_api.List<V1CertificateSigningRequest>(Requests).Count() == 2);
        });
        certificate.Current.Thumbprint.ShouldBe(first);
        await AnswerAsync(request => Issued(SignRequest(request)));
        await Eventually.HoldsAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(certificate.Current.Thumbprint != first);
        });
        ClientCertificate.Load(certificate.Path, "a")!.Current.Thumbprint.ShouldBe(certificate.Current.Thumbprint);
        await stop.CancelAsync();
        await running;
        replaced.ShouldBe(1);
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized, 11, true)]
    [InlineData(HttpStatusCode.Unauthorized, 9.5, false)]
    [InlineData(HttpStatusCode.Forbidden, 11, false)]
    public async Task Certificate_ThatHasEndedAndIsNotAccepted_IsGivenUp(HttpStatusCode answer, double hours, bool isLost)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var start = _time.GetUtcNow();
        var certificate = ClientCertificate.Create(
            Path.Combine(_folder, ClientCertificate.FileName), _authority.Sign(Subject, key, start, start.AddHours(10)), key.ExportPkcs8PrivateKeyPem());
        _api.Refusal = answer;
        using var stop = new CancellationTokenSource();
        var lost = 0;
        _time.Advance(TimeSpan.FromHours(hours));
        var running = Renewal(certificate, () => { }, () => Interlocked.Increment(ref lost)).RunAsync(stop.Token);

        await Eventually.HoldsAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return _api.Requests.Count >= 2;
        });
        await stop.CancelAsync();
        await running;

        (lost > 0).ShouldBe(isLost);
    }

    [Fact]
    public async Task Connections_AreClosedWithTheirWatches_AndTheNextRequestOpensAnother()
    {
        _api.Put("api/v1/nodes/a", new V1Node { Metadata = new V1ObjectMeta { Name = "a" } });
        var seen = 0;
        var watching = Task.Run(async () =>
        {
            await foreach (var change in _connection.WatchAsync<V1Node>("api/v1/nodes", new ObjectSelection(), "1", TimeSpan.FromMinutes(5), TestContext.Current.CancellationToken))
                seen += change.Kind == WatchEventKind.Added ? 1 : 0;
        }, TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(() => Volatile.Read(ref seen) == 1);

        _connection.CloseAll();

        await Should.ThrowAsync<ApiUnavailableException>(watching.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken));
        (await _connection.GetAsync<V1Node>("api/v1/nodes/a", TestContext.Current.CancellationToken)).Metadata.Name.ShouldBe("a");
    }

    private CertificateRenewal Renewal(ClientCertificate certificate, Action replaced, Action lost) =>
        new(certificate, new CertificateClient(_connection, "a", null, _time, NullLogger.Instance), replaced, lost, 0.7, 0.9, _time, NullLogger.Instance);

    private async Task StepAsync(TimeSpan by)
    {
        for (var passed = TimeSpan.Zero; passed < by; passed += TimeSpan.FromMinutes(6))
        {
            _time.Advance(TimeSpan.FromMinutes(6));
            await Task.Yield();
        }
    }

    private async Task<T> PassingAsync<T>(Task<T> task)
    {
        await Eventually.HoldsAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(task.IsCompleted);
        });
        return await task;
    }

    private async Task AnswerAsync(Func<V1CertificateSigningRequest, V1CertificateSigningRequestStatus> answer)
    {
        V1CertificateSigningRequest? open = null;
        await Eventually.HoldsAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            open = _api.List<V1CertificateSigningRequest>(Requests).FirstOrDefault(request => request.Status is null);
            return Task.FromResult(open is not null);
        });
        open!.Status = answer(open);
        _api.Put(Requests + open.Metadata.Name, open);
    }

    private static V1CertificateSigningRequestStatus Issued(string pem) => new() { Certificate = Encoding.ASCII.GetBytes(pem) };

    private string Sign(string subject, ECDsa key) => _authority.Sign(subject, key, _time.GetUtcNow(), _time.GetUtcNow().AddHours(10));

    private string SignRequest(V1CertificateSigningRequest request)
    {
        var asked = CertificateRequest.LoadSigningRequestPem(Encoding.ASCII.GetString(request.Spec.Request), HashAlgorithmName.SHA256);
        using var key = asked.PublicKey.GetECDsaPublicKey()!;
        return Sign(Subject, key);
    }
}
