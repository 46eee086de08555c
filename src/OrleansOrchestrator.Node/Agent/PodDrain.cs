using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Agent;

/// <summary>Ends all pods of a node when its daemon stops for good.</summary>
internal sealed partial class PodDrain(IContainerRuntime runtime, TimeProvider timeProvider, ILogger logger)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Asks all containers to end, waits at most the given time, and removes everything.</summary>
    /// <param name="grace">How long containers may take.</param>
    /// <param name="cancellationToken">Ends the wait, not the removal.</param>
    public async Task RunAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        var start = timeProvider.GetTimestamp();
        var pods = await runtime.ListAsync(CancellationToken.None);
        var running = pods.SelectMany(Running);
        await Task.WhenAll(running.Select(c => TryAsync(
            c.Id, () => runtime.SignalContainerAsync(c.Id, ContainerSignal.Terminate, CancellationToken.None))));
        while (pods.Any(pod => Running(pod).Any())
            && timeProvider.GetElapsedTime(start) < grace
            && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(PollInterval, timeProvider, CancellationToken.None);
            pods = await runtime.ListAsync(CancellationToken.None);
        }

        // All at once, because an engine that kills takes longest for each; removing what has ended is quick.
        await Task.WhenAll(pods.SelectMany(pod => Running(pod)
            .Select(c => TryAsync(c.Id, () => runtime.SignalContainerAsync(c.Id, ContainerSignal.Kill, CancellationToken.None)))
            .Append(TryAsync(pod.PodUid, () => runtime.StopSandboxAsync(pod.PodUid, CancellationToken.None)))));
        await Task.WhenAll(pods.Select(pod => TryAsync(
            pod.PodUid, () => runtime.RemovePodAsync(pod.PodUid, CancellationToken.None))));
    }

    private static IEnumerable<ContainerInstance> Running(PodSandbox pod) =>
        pod.Containers.Where(c => c.Phase == ContainerPhase.Running);

    /// <summary>One pod that cannot be removed must not keep the others.</summary>
    private async Task TryAsync(string id, Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (RuntimeException exception)
        {
            LogLeft(id, exception.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Id} could not be stopped: {Reason}")]
    private partial void LogLeft(string id, string reason);
}
