using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Identity;
using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Node.Server;

/// <summary>
/// Renews the certificate of the node's server: it makes the next one, announces both, waits until every gateway can have heard of it, uses
/// the next one, and announces that one alone.
/// </summary>
/// <param name="certificate">The certificate.</param>
/// <param name="options">When it is renewed.</param>
/// <param name="announce">Writes the hashes that callers accept to the node object, and returns when they are there.</param>
/// <param name="heardWithin">How long gateways may take to see the node object.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Logs.</param>
internal sealed partial class ServingCertificateRenewal(
    ServingCertificate certificate, NodeAgentOptions options, Func<CancellationToken, Task> announce, TimeSpan heardWithin, TimeProvider timeProvider, ILogger logger)
{
    /// <summary>How long gateways may take to see a changed node object: their caches follow within moments.</summary>
    public static readonly TimeSpan HeardWithin = TimeSpan.FromMinutes(1);

    // The clock of the machine may be set while the loop waits, and the machine may sleep.
    private static readonly TimeSpan LookInterval = TimeSpan.FromHours(1);
    private static readonly Backoff Retries = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));

    private readonly ILogger _logger = logger;
    private readonly RetryDelay _delay = new(Retries, Random.Shared);

    // Not all nodes of a cluster at once.
    private readonly double _part = options.CertificateRenewalMin + ((options.CertificateRenewalMax - options.CertificateRenewalMin) * Random.Shared.NextDouble());

    // Whether the node object names what is in use. At the start the node has just registered with it.
    private bool _isTold = true;

    /// <summary>Renews until the token ends it.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        SupervisedLoop.RunAsync("serving certificate renewal", RenewIfDueAsync, timeProvider, _logger, cancellationToken);

    private async Task<TimeSpan?> RenewIfDueAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_isTold && !certificate.IsChanging && DueAt() - timeProvider.GetUtcNow() is { Ticks: > 0 } rest)
                return rest < LookInterval ? rest : LookInterval;
            if (!_isTold)
            {
                await announce(cancellationToken);
                _isTold = true;
                return TimeSpan.Zero;
            }

            certificate.Prepare();
            await announce(cancellationToken);
            await timeProvider.DelayAsync(heardWithin, cancellationToken);
            certificate.Change();
            _isTold = false;
            LogRenewed(new DateTimeOffset(certificate.Current.NotAfter));
            _delay.Reset();
            return TimeSpan.Zero;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested
            && (ApiFailure.IsTransient(failure) || failure is IOException or UnauthorizedAccessException))
        {
            LogFailed(failure.Message);
            return _delay.Next();
        }
    }

    /// <summary>When it is renewed. One that was made to live longer than the options say now is renewed as if it did not.</summary>
    private DateTimeOffset DueAt()
    {
        var (from, until) = (new DateTimeOffset(certificate.Current.NotBefore), new DateTimeOffset(certificate.Current.NotAfter));
        var wanted = Waits.After(from, options.ServingCertificateDuration);
        return CertificateRenewal.DueAt(from, wanted < until ? wanted : until, _part);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The certificate of the node's server is renewed; it is good until {Until:u}")]
    private partial void LogRenewed(DateTimeOffset until);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The certificate of the node's server could not be renewed: {Reason}")]
    private partial void LogFailed(string reason);
}
