using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.ControlPlane.Controllers;
using OrleansOrchestrator.ControlPlane.Grains;
using OrleansOrchestrator.ControlPlane.Membership;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.ControlPlane.Hosting;

/// <summary>
/// Keeps grains active that nobody else calls: controllers, scheduler, node lifecycle. Every silo calls all of them once a second, so
/// that the first call after a silo's death activates its grains elsewhere. An Orleans reminder would take up to a minute.
/// </summary>
internal sealed partial class SingletonGrains(
    IGrainFactory grains, IEnumerable<SingletonGrain> singletons, IEnumerable<IReconciler> reconcilers, ControllerOptions options, TimeProvider time,
    ILogger<SingletonGrains> logger, CrashDetector? crashes = null)
    : BackgroundService
{
    // Bounds how long a controller is missing after its silo's death. A call of an active grain costs next to nothing.
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>All singleton grains.</summary>
    public IReadOnlyList<SingletonGrain> All { get; } =
    [
        .. singletons,
        .. from reconciler in reconcilers
           from number in Enumerable.Range(0, options.ShardsPerController)
           let shard = $"{reconciler.Name}/{number}"
           select new SingletonGrain(shard, grains => grains.GetGrain<IControllerGrain>(shard)),
    ];

    /// <summary>Asks a grain for its health.</summary>
    /// <returns>Null if it works; otherwise the reason in one line.</returns>
    public Task<string?> CheckAsync(SingletonGrain grain) => grain.Get(grains).CheckAsync();

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var asking = new Task[All.Count];
        Array.Fill(asking, Task.CompletedTask);
        return SupervisedLoop.RunAsync("singleton grains", AskAllAsync, time, logger, stoppingToken);

        Task<TimeSpan?> AskAllAsync(CancellationToken cancellationToken)
        {
            for (var i = 0; i < All.Count; i++)
            {
                if (asking[i].IsCompleted)
                    asking[i] = AskAsync(All[i]);
            }

            return Task.FromResult<TimeSpan?>(Period);
        }
    }

    private async Task AskAsync(SingletonGrain grain)
    {
        try
        {
            if (await CheckAsync(grain) is { } fault)
                LogNotWorking(grain.Name, fault);
        }
        catch (Exception exception)
        {
            if (StoreFaults.MayBeCrash(exception))
                crashes?.Probe();
            LogNotRunning(exception, grain.Name);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Grain} {Fault}")]
    private partial void LogNotWorking(string grain, string fault);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Grain} could not be activated; retrying")]
    private partial void LogNotRunning(Exception exception, string grain);
}

/// <summary>A grain that is always active.</summary>
/// <param name="Name">Its name, for logs.</param>
/// <param name="Get">Gets the grain.</param>
internal sealed record SingletonGrain(string Name, Func<IGrainFactory, ISingletonGrain> Get);
