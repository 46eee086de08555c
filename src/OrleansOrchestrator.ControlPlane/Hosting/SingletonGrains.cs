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
/// Keeps the grains alive that nobody calls: controllers, scheduler, node lifecycle. Every silo asks for all of them once a
/// second; whichever asks first after a silo has died brings its grains back. An Orleans reminder would do it within a minute.
/// </summary>
internal sealed partial class SingletonGrains(
    IGrainFactory grains, IEnumerable<SingletonGrain> singletons, IEnumerable<IReconciler> reconcilers, ControllerOptions options, TimeProvider time,
    ILogger<SingletonGrains> logger, CrashDetector? crashes = null)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>All of them.</summary>
    public IReadOnlyList<SingletonGrain> All { get; } =
    [
        .. singletons,
        .. from reconciler in reconcilers
           from number in Enumerable.Range(0, options.ShardsPerController)
           let shard = $"{reconciler.Name}/{number}"
           select new SingletonGrain(shard, grains => grains.GetGrain<IControllerGrain>(shard)),
    ];

    /// <summary>Asks one of them how it is.</summary>
    /// <returns>Null if it works; otherwise what keeps it from working, in one line.</returns>
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

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Grain} could not be started; trying again")]
    private partial void LogNotRunning(Exception exception, string grain);
}

/// <summary>A grain that is wanted at all times.</summary>
/// <param name="Name">Its name, for logs.</param>
/// <param name="Get">Finds it.</param>
internal sealed record SingletonGrain(string Name, Func<IGrainFactory, ISingletonGrain> Get);
