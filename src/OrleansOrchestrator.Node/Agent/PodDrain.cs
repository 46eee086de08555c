using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Node.Pods;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Agent;

/// <summary>Stops and removes all pods of a node when its daemon stops for good.</summary>
internal sealed partial class PodDrain(IContainerRuntime runtime, PodRemover remover, TimeProvider timeProvider, ILogger logger)
{
    // Small beside the grace of 0.7 s.
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    // An engine accepts more concurrent work, but is not faster.
    private static readonly ParallelOptions Bound = new() { MaxDegreeOfParallelism = 32 };

    /// <summary>Asks all containers to stop, waits for a bounded time, and removes everything.</summary>
    /// <param name="grace">How long containers may take to stop.</param>
    /// <param name="cancellationToken">Ends the wait, not the removal.</param>
    public async Task RunAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        var start = timeProvider.GetTimestamp();
        var pods = await runtime.ListAsync(CancellationToken.None);
        await ForAllAsync(pods.SelectMany(Running).Select(c => c.Id), id => runtime.SignalContainerAsync(id, ContainerSignal.Terminate, CancellationToken.None));
        var running = pods;
        while (running.Any(pod => Running(pod).Any())
            && timeProvider.GetElapsedTime(start) < grace
            && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(PollInterval, timeProvider, CancellationToken.None);
            running = await runtime.ListAsync(CancellationToken.None);
        }

        await ForAllAsync(
            pods.Select(pod => pod.PodUid).Union(remover.FindLeft(), StringComparer.Ordinal), uid => remover.RemoveAsync(uid, CancellationToken.None));
    }

    private static IEnumerable<ContainerInstance> Running(PodSandbox pod) =>
        pod.Containers.Where(c => c.Phase == ContainerPhase.Running);

    /// <summary>A pod that cannot be removed must not delay the others.</summary>
    private Task ForAllAsync(IEnumerable<string> ids, Func<string, Task> action) => Parallel.ForEachAsync(ids, Bound, async (id, _) =>
    {
        try
        {
            await action(id);
        }
        catch (Exception exception) when (exception is RuntimeException or IOException or UnauthorizedAccessException)
        {
            LogLeft(id, exception.Message);
        }
    });

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Id} could not be stopped: {Reason}")]
    private partial void LogLeft(string id, string reason);
}
