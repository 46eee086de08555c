using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.ControlPlane.Membership;

/// <summary>
/// Finds silos whose process is gone without waiting for missed probes. When a call to another silo has failed, all of them are
/// tried to connect to: a host that refuses the connection twice says that nobody listens there any more, which a process that
/// hangs, or a network that is cut, never says. Such a silo is declared dead at once; everything else is left to the probes.
/// </summary>
/// <remarks>A mistake costs time and nothing else: stores are fenced by epoch, and wait until the lease of the one before has run out.</remarks>
internal sealed partial class CrashDetector : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
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

    /// <summary>Wants the other silos to be looked at. Costs next to nothing.</summary>
    public void Probe()
    {
        if (!Volatile.Read(ref _isProbeDue) && !Interlocked.Exchange(ref _isProbeDue, true))
            _loop.Signal();
    }

    /// <summary>Looks at all other silos that count as active, and declares those dead whose process is gone.</summary>
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
            // The membership table may be away. The probes go on, and the next call that fails comes back here.
            LogLookFailed(exception);
        }

        // However many calls fail, looks keep a distance.
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

    [LoggerMessage(Level = LogLevel.Debug, Message = "Other silos could not be looked at")]
    private partial void LogLookFailed(Exception exception);
}
