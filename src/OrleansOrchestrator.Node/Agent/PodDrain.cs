using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Node.Pods;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Agent;

/// <summary>Stops and removes all pods of a node when its daemon stops for good.</summary>
internal sealed partial class PodDrain(IContainerRuntime runtime, PodRemover remover, TimeProvider timeProvider, ILogger logger)
{
    // Small beside the grace of 0.7 s.
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    // How long what cannot be removed at once is tried again. A development cluster must stop within five seconds.
    private static readonly TimeSpan RemovalTime = TimeSpan.FromSeconds(2);

    // An engine accepts more concurrent work, but is not faster.
    private static readonly ParallelOptions Bound = new() { MaxDegreeOfParallelism = 32 };

    /// <summary>Asks all containers to stop, waits for a bounded time, and removes everything.</summary>
    /// <param name="grace">How long containers may take to stop.</param>
    /// <param name="cancellationToken">Ends the wait, not the removal.</param>
    /// <returns>Whether nothing runs any more.</returns>
    /// <exception cref="RuntimeException">The runtime does not answer.</exception>
    public async Task<bool> RunAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        var start = timeProvider.GetTimestamp();
        var running = await runtime.ListAsync(CancellationToken.None);
        LogLeft(await ForAllAsync(running.SelectMany(Running).Select(c => c.Id), async id =>
        {
            await runtime.SignalContainerAsync(id, ContainerSignal.Terminate, CancellationToken.None);
            return null;
        }));
        while (running.Any(pod => Running(pod).Any())
            && timeProvider.GetElapsedTime(start) < grace
            && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(PollInterval, timeProvider, CancellationToken.None);
            running = await runtime.ListAsync(CancellationToken.None);
        }

        return await RemoveAllAsync();
    }

    private static IEnumerable<ContainerInstance> Running(PodSandbox pod) =>
        pod.Containers.Where(c => c.Phase == ContainerPhase.Running);

    /// <summary>Removes until nothing is left. What a worker asked an engine for may appear after the first look.</summary>
    private async Task<bool> RemoveAllAsync()
    {
        var start = timeProvider.GetTimestamp();
        IReadOnlyCollection<KeyValuePair<string, string>> failures = [];
        for (var attempts = 0; ; attempts++)
        {
            if (attempts > 1 || failures.Count > 0)
                await Task.Delay(PollInterval, timeProvider, CancellationToken.None);
            var running = await runtime.ListAsync(CancellationToken.None);
            var left = running.Select(pod => pod.PodUid).Union(remover.FindLeft(), StringComparer.Ordinal).ToList();
            if (left.Count == 0)
                return true;
            if (attempts > 0 && timeProvider.GetElapsedTime(start) > RemovalTime)
            {
                LogLeft(failures);
                return running.Count == 0;
            }

            failures = await ForAllAsync(left, uid => remover.RemoveAsync(uid, CancellationToken.None));
        }
    }

    /// <summary>A pod or container that resists must not delay the others.</summary>
    /// <returns>Why, for each that resists.</returns>
    private static async Task<IReadOnlyCollection<KeyValuePair<string, string>>> ForAllAsync(IEnumerable<string> ids, Func<string, Task<string?>> action)
    {
        var failures = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(ids, Bound, async (id, _) =>
        {
            try
            {
                if (await action(id) is { } left)
                    failures[id] = left;
            }
            catch (Exception exception) when (exception is RuntimeException or IOException or UnauthorizedAccessException)
            {
                failures[id] = exception.Message;
            }
        });
        return failures;
    }

    private void LogLeft(IReadOnlyCollection<KeyValuePair<string, string>> failures)
    {
        foreach (var (id, reason) in failures)
            LogLeft(id, reason);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Id} could not be stopped: {Reason}")]
    private partial void LogLeft(string id, string reason);
}
