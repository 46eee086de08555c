using System.Globalization;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Shutdown;

/// <summary>Holds up a shutdown of the machine until the node's pods have ended, and follows one that is called off.</summary>
/// <remarks>
/// As the kubelet, by a delay lock of logind: see https://systemd.io/INHIBITOR_LOCKS/. Without logind it waits until there is one. A lock
/// outlives the connection on which it was taken, and logind itself.
/// </remarks>
/// <param name="place">Where logind is found.</param>
/// <param name="needed">How long the pods may take altogether.</param>
/// <param name="shutDown">Ends the pods.</param>
/// <param name="goOn">Lets the node go on after all.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Logs.</param>
internal sealed partial class ShutdownWatch(
    LogindPlace place, TimeSpan needed, Func<CancellationToken, Task> shutDown, Func<CancellationToken, Task> goOn, TimeProvider timeProvider, ILogger logger)
{
    // As the kubelet's dbusReconnectPeriod. A machine that has no logind is asked less often.
    private static readonly TimeSpan ReconnectPeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AbsentPeriod = TimeSpan.FromSeconds(10);

    // logind reads its configuration some moments after it was told to.
    private static readonly TimeSpan ReloadTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ReloadLook = TimeSpan.FromMilliseconds(100);

    // A shutdown that is called off and begins anew; only the last word counts.
    private const int WordsMax = 16;

    private readonly ILogger _logger = logger;
    private SafeHandle? _lock;
    private Task? _ending;
    private bool _isToldAbsent;

    /// <summary>Watches until the token ends it, and gives the lock back.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await SupervisedLoop.RunAsync("shutdown watch", WatchAsync, timeProvider, _logger, cancellationToken);
        if (_ending is not null)
            await _ending;
        Release();
    }

    private async Task<TimeSpan?> WatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var logind = await Logind.ConnectAsync(place.Bus, timeProvider, cancellationToken);
            await MakeRoomAsync(logind, cancellationToken);
            var words = Channel.CreateBounded<bool>(new BoundedChannelOptions(WordsMax) { FullMode = BoundedChannelFullMode.DropOldest });
            await logind.FollowAsync(words.Writer, cancellationToken);

            // It may have begun, or been called off, while nobody listened; what is heard from now on is newer. During a shutdown there are no locks.
            if (await logind.IsGoingDownAsync(cancellationToken))
                _ending ??= EndAsync(cancellationToken);
            else if (_ending is { } former)
                await GoOnAsync(logind, former, cancellationToken);
            else
                await TakeAsync(logind, cancellationToken);
            _isToldAbsent = false;
            await foreach (var isGoingDown in words.Reader.ReadAllAsync(cancellationToken))
            {
                if (isGoingDown)
                    _ending ??= EndAsync(cancellationToken);
                else if (_ending is { } ending)
                    await GoOnAsync(logind, ending, cancellationToken);
            }

            return ReconnectPeriod;
        }
        catch (Exception failure) when (Logind.IsFailure(failure) && !cancellationToken.IsCancellationRequested)
        {
            if (!_isToldAbsent)
                LogAbsent(failure.Message);
            _isToldAbsent = true;
            return AbsentPeriod;
        }
    }

    private async Task EndAsync(CancellationToken cancellationToken)
    {
        try
        {
            await shutDown(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The daemon ends before its pods.
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            // The machine must not wait for what nobody does.
            LogFailed(fault);
        }
        finally
        {
            Release();
        }
    }

    private async Task GoOnAsync(Logind logind, Task ending, CancellationToken cancellationToken)
    {
        await goOn(cancellationToken);
        await ending;
        _ending = null;
        await TakeAsync(logind, cancellationToken);
    }

    /// <summary>Takes a lock, and only then gives back the former one.</summary>
    private async Task TakeAsync(Logind logind, CancellationToken cancellationToken)
    {
        var taken = await logind.DelayShutdownAsync(cancellationToken);
        Release();
        _lock = taken;
        LogReady(needed.TotalSeconds);
    }

    private void Release()
    {
        _lock?.Dispose();
        _lock = null;
    }

    /// <summary>Has logind wait for long enough. If it does not, its time is what there is.</summary>
    private async Task MakeRoomAsync(Logind logind, CancellationToken cancellationToken)
    {
        var delay = await logind.ReadDelayMaxAsync(cancellationToken);
        if (delay >= needed)
            return;
        string? why = null;
        try
        {
            WriteConfiguration();
            await logind.ReloadAsync(cancellationToken);
            var began = timeProvider.GetTimestamp();
            while ((delay = await logind.ReadDelayMaxAsync(cancellationToken)) < needed && timeProvider.GetElapsedTime(began) < ReloadTime)
                await timeProvider.DelayAsync(ReloadLook, cancellationToken);
        }
        catch (Exception failure) when ((Logind.IsFailure(failure) || failure is UnauthorizedAccessException) && !cancellationToken.IsCancellationRequested)
        {
            why = failure.Message;
        }

        if (delay < needed)
            LogTooShort(GoDuration.Format(needed), GoDuration.Format(delay), why ?? "other configuration comes after it");
    }

    private void WriteConfiguration()
    {
        Directory.CreateDirectory(place.ConfigurationFolder);
        WholeFile.Write(
            Path.Combine(place.ConfigurationFolder, "99-orleansorchestrator.conf"),
            string.Create(CultureInfo.InvariantCulture, $"# The node's pods have this long to end.\n[Login]\nInhibitDelayMaxSec={Math.Ceiling(needed.TotalSeconds):0}\n"));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "A shutdown of the machine waits for the node's pods, for {Seconds:0.#} s at most")]
    private partial void LogReady(double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "A shutdown of the machine does not wait for the node's pods, because there is no logind ({Reason}). Pods end when the daemon is stopped in the course of it")]
    private partial void LogAbsent(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The node's pods could not be ended")]
    private partial void LogFailed(Exception fault);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "node shutdown manager was unable to update logind InhibitDelayMaxSec to {Needed} (ShutdownGracePeriod), current value of InhibitDelayMaxSec ({Delay}) is less than requested ShutdownGracePeriod ({Reason})")]
    private partial void LogTooShort(string needed, string delay, string reason);
}
