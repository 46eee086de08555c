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
internal sealed partial class CrashDetector(
    IClusterMembershipService membership, ILocalSiloDetails self, TimeProvider time, ILogger<CrashDetector> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ConnectWithin = TimeSpan.FromMilliseconds(500);

    private readonly SemaphoreSlim _suspected = new(0, 1);

    /// <summary>Wants the other silos to be looked at. Costs next to nothing.</summary>
    public void Suspect()
    {
        if (_suspected.CurrentCount > 0)
            return;
        try
        {
            _suspected.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else wants it, too.
        }
    }

    /// <summary>Looks at all other silos that count as active, and declares those dead whose process is gone.</summary>
    internal Task LookAsync(CancellationToken cancellationToken) => Task.WhenAll(membership.CurrentSnapshot.Members.Values
        .Where(silo => silo.Status == SiloStatus.Active && !silo.SiloAddress.Equals(self.SiloAddress))
        .Select(silo => LookAtAsync(silo.SiloAddress, cancellationToken)));

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        SupervisedLoop.RunAsync("crash detector", LookIfSuspectedAsync, time, logger, stoppingToken);

    private async Task<TimeSpan?> LookIfSuspectedAsync(CancellationToken cancellationToken)
    {
        await _suspected.WaitAsync(cancellationToken);
        try
        {
            await LookAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The membership table may be away. The probes go on, and the next call that fails comes back here.
            LogLookFailed(exception);
        }

        return Pause;
    }

    private async Task LookAtAsync(SiloAddress silo, CancellationToken cancellationToken)
    {
        if (!await RefusesAsync(silo.Endpoint, cancellationToken))
            return;
        await Task.Delay(Pause, time, cancellationToken);
        if (await RefusesAsync(silo.Endpoint, cancellationToken) && await membership.TryKill(silo))
            LogDead(silo);
    }

    private async Task<bool> RefusesAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var late = new CancellationTokenSource(ConnectWithin, time);
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
