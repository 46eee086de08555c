using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.ControlPlane.Membership;

/// <summary>
/// Detects dead silos without waiting for missed probes. After a failed call to another silo it tries to connect to all of them. A
/// refused connection, seen twice, proves that no process listens any more; a hung process or a network partition never refuses. Such a
/// silo is declared dead at once; everything else is left to the probes.
/// </summary>
/// <remarks>A mistake costs time only: stores are fenced by epoch, and wait for the previous read lease to expire.</remarks>
internal sealed partial class CrashDetector : BackgroundService
{
    // Between the two connects to one silo, so that a single refusal does not decide, and between checks.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    // A refusal arrives within one round trip; the rest is left to the probes, which take a second or more.
    private static readonly TimeSpan ConnectWithin = TimeSpan.FromMilliseconds(500);

    private readonly IClusterMembershipService _membership;
    private readonly ILocalSiloDetails _self;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SupervisedLoop _loop;
    private bool _isProbeDue;

    public CrashDetector(IClusterMembershipService membership, ILocalSiloDetails self, TimeProvider time, ILogger<CrashDetector> logger)
    {
        _membership = membership;
        _self = self;
        _time = time;
        _logger = logger;
        _loop = new SupervisedLoop("crash detector", ProbeAsync, time, logger);
    }

    /// <summary>Requests a check of the other silos. Costs next to nothing.</summary>
    public void Probe()
    {
        if (!Volatile.Read(ref _isProbeDue) && !Interlocked.Exchange(ref _isProbeDue, true))
            _loop.Signal();
    }

    /// <summary>Checks all other active silos, and declares those dead whose process is gone.</summary>
    internal Task LookAsync(CancellationToken cancellationToken) => Task.WhenAll(_membership.CurrentSnapshot.Members.Values
        .Where(silo => silo.Status == SiloStatus.Active && !silo.SiloAddress.Equals(_self.SiloAddress))
        .Select(silo => LookAtAsync(silo.SiloAddress, cancellationToken)));

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _loop.RunAsync(stoppingToken);

    private async Task<TimeSpan?> ProbeAsync(CancellationToken cancellationToken)
    {
        if (!Interlocked.Exchange(ref _isProbeDue, false))
            return null;
        try
        {
            await LookAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The membership table may be unavailable. The probes go on, and the next failed call repeats the check.
            LogLookFailed(exception);
        }

        // However many calls fail, checks keep a distance.
        await Task.Delay(Pause, _time, cancellationToken);
        return null;
    }

    private async Task LookAtAsync(SiloAddress silo, CancellationToken cancellationToken)
    {
        if (!await RefusesAsync(silo.Endpoint, cancellationToken))
            return;
        await Task.Delay(Pause, _time, cancellationToken);
        if (await RefusesAsync(silo.Endpoint, cancellationToken) && await _membership.TryKill(silo))
            LogDead(silo);
    }

    private async Task<bool> RefusesAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var late = new CancellationTokenSource(ConnectWithin, _time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            await socket.ConnectAsync(endpoint, ending.Token);
            return false;
        }
        catch (SocketException failure)
        {
            return failure.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Silo} is gone: nobody listens at its address")]
    private partial void LogDead(SiloAddress silo);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Other silos could not be checked")]
    private partial void LogLookFailed(Exception exception);
}
