using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Controllers;
using OrleansOrchestrator.Controllers.Reconciling;

namespace OrleansOrchestrator.ControlPlane.Hosting;

/// <summary>
/// Keeps the grains alive that nobody calls: controllers, scheduler, node lifecycle. Every silo asks for all of them once a
/// second; whichever asks first after a silo has died brings its grains back. An Orleans reminder would do it within a minute.
/// </summary>
internal sealed partial class WantedGrains(
    IGrainFactory grains, IEnumerable<WantedGrain> wanted, IEnumerable<IReconciler> reconcilers, TimeProvider time, ILogger<WantedGrains> logger)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        WantedGrain[] all = [.. wanted, .. reconcilers.Select(reconciler => ControllerOf(reconciler.Name))];
        var asking = new Task[all.Length];
        Array.Fill(asking, Task.CompletedTask);
        do
        {
            for (var i = 0; i < all.Length; i++)
            {
                if (asking[i].IsCompleted)
                    asking[i] = AskAsync(all[i]);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static WantedGrain ControllerOf(string name) => new(name, grains => grains.GetGrain<IControllerGrain>(name));

    private async Task AskAsync(WantedGrain grain)
    {
        try
        {
            await grain.Get(grains).EnsureRunningAsync();
        }
        catch (Exception exception)
        {
            LogNotRunning(exception, grain.Name);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Grain} could not be started; trying again")]
    private partial void LogNotRunning(Exception exception, string grain);
}

/// <summary>A grain that is wanted at all times.</summary>
/// <param name="Name">Its name, for logs.</param>
/// <param name="Get">Finds it.</param>
internal sealed record WantedGrain(string Name, Func<IGrainFactory, IAlwaysWantedGrain> Get);
