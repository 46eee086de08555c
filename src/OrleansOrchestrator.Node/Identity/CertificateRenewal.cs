using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Api;

namespace OrleansOrchestrator.Node.Identity;

/// <summary>
/// Renews the daemon's client certificate with a new key, long before it ends, and at a random time, so that the nodes of a cluster do
/// not do so together. If that fails the old one stays in use, and it is tried again.
/// </summary>
/// <param name="certificate">The certificate.</param>
/// <param name="client">Asks for a new one.</param>
/// <param name="replaced">Called when it has been replaced.</param>
/// <param name="lost">Called when it has ended, and the cluster says so: the daemon cannot get another one by it.</param>
/// <param name="renewFrom">The part of its life after which it may be renewed.</param>
/// <param name="renewUntil">The part of its life by which it is renewed.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Logs.</param>
internal sealed partial class CertificateRenewal(
    ClientCertificate certificate, CertificateClient client, Action replaced, Action lost, double renewFrom, double renewUntil, TimeProvider timeProvider, ILogger logger)
{
    // The clock of the machine may be set while the loop waits, and the machine may sleep.
    private static readonly TimeSpan LookInterval = TimeSpan.FromHours(1);
    private static readonly Backoff Retries = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));

    // A machine whose clock is far ahead must not ask for one certificate after the other.
    private const double LeastPart = 0.005;

    private readonly ILogger _logger = logger;
    private readonly RetryDelay _delay = new(Retries, Random.Shared);
    private DateTimeOffset? _due;
    private long? _renewed;

    /// <summary>Renews until the token ends it.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        SupervisedLoop.RunAsync("certificate renewal", RenewIfDueAsync, timeProvider, _logger, cancellationToken);

    /// <summary>When a certificate is renewed.</summary>
    /// <param name="from">The beginning of its life.</param>
    /// <param name="until">The end of its life.</param>
    /// <param name="part">The part of its life that is used.</param>
    internal static DateTimeOffset DueAt(DateTimeOffset from, DateTimeOffset until, double part) => from + ((until - from) * part);

    private async Task<TimeSpan?> RenewIfDueAsync(CancellationToken cancellationToken)
    {
        var (from, until) = (new DateTimeOffset(certificate.Current.NotBefore), new DateTimeOffset(certificate.Current.NotAfter));
        _due ??= DueAt(from, until, renewFrom + ((renewUntil - renewFrom) * Random.Shared.NextDouble()));
        var rest = _due.Value - timeProvider.GetUtcNow();
        var least = _renewed is { } at ? ((until - from) * LeastPart) - timeProvider.GetElapsedTime(at) : TimeSpan.Zero;
        if (rest < least)
            rest = least;
        if (rest > TimeSpan.Zero)
            return rest < LookInterval ? rest : LookInterval;
        try
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            certificate.Replace(await client.GetAsync(key, cancellationToken), key.ExportPkcs8PrivateKeyPem());
            (_due, _renewed) = (null, timeProvider.GetTimestamp());
            _delay.Reset();
            replaced();
            LogRenewed(certificate.User, new DateTimeOffset(certificate.Current.NotAfter));
            return TimeSpan.Zero;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested
            && (ApiFailure.IsTransient(failure) || failure is CertificateRefusedException or IOException or UnauthorizedAccessException))
        {
            LogFailed(certificate.User, until, failure.Message);
            if (until <= timeProvider.GetUtcNow() && failure is ApiException { StatusCode: HttpStatusCode.Unauthorized })
                lost();
            return _delay.Next();
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The client certificate of {User} is renewed; it is good until {Until:u}")]
    private partial void LogRenewed(string user, DateTimeOffset until);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The client certificate of {User}, good until {Until:u}, could not be renewed: {Reason}")]
    private partial void LogFailed(string user, DateTimeOffset until, string reason);
}
