using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Api;

namespace OrleansOrchestrator.Node.Agent;

/// <summary>The loops of a daemon. Each begins when its part is ready, and all end together.</summary>
internal sealed class AgentLoops(ClusterConnection api, TimeProvider timeProvider, ILogger logger) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];

    /// <summary>Begins a loop, which runs until <see cref="StopAsync"/>.</summary>
    public void Run(Func<CancellationToken, Task> loop) => _loops.Add(Task.Run(() => loop(_stop.Token)));

    /// <summary>Begins a loop when a task has completed, or never if the daemon ends before.</summary>
    public void RunAfter(Task task, Func<CancellationToken, Task> loop) => Run(async token =>
    {
        if (await task.CompletesWithinAsync(Timeout.InfiniteTimeSpan, timeProvider, token))
            await loop(token);
    });

    /// <summary>Begins to pass the objects of a collection to a sink, through outages of any length.</summary>
    public void Follow<T>(string path, ObjectSelection selection, IObjectSink<T> sink)
        where T : IKubernetesObject<V1ObjectMeta> => FollowAfter(Task.CompletedTask, path, selection, sink);

    /// <summary>Does so when a task has completed.</summary>
    public void FollowAfter<T>(Task task, string path, ObjectSelection selection, IObjectSink<T> sink)
        where T : IKubernetesObject<V1ObjectMeta> => RunAfter(task, new Reflector<T>(api, path, selection, sink, timeProvider, logger).RunAsync);

    /// <summary>Ends all loops.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops);
        _loops.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();
}
