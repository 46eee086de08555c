using k8s.Models;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Planning;

namespace OrleansOrchestrator.Node.Pods;

/// <summary>
/// Ends a node's pods because its machine goes down: first all others, then the critical ones, each within the time that is left for
/// them.
/// </summary>
/// <remarks>See https://kubernetes.io/docs/concepts/cluster-administration/node-shutdown/#graceful-node-shutdown.</remarks>
internal sealed class NodeShutdown(NodeAgentOptions options)
{
    /// <summary>What the node's condition says, in the kubelet's words.</summary>
    public const string Fault = "node is shutting down";

    // Small beside the seconds that pods have.
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    // For the kill of containers at the end of their time, and for the report.
    private static readonly TimeSpan KillTime = TimeSpan.FromSeconds(2);

    private volatile Stage _stage;

    private enum Stage
    {
        None,
        Others,
        All,
    }

    /// <summary>Whether the node takes no pods any more.</summary>
    public bool IsBegun => _stage != Stage.None;

    /// <summary>The end of a pod that must end now; null if it need not end now.</summary>
    public PodEnding? EndingOf(V1Pod pod) => LimitOf(pod) is { } limit ? new PodEnding(PodFailures.NodeShutdown, limit) : null;

    private TimeSpan? LimitOf(V1Pod pod) => (_stage, CriticalPods.HasSystemPriority(pod)) switch
    {
        (Stage.None, _) or (Stage.Others, true) => null,
        (_, true) => options.ShutdownGracePeriodCriticalPods,
        _ => options.ShutdownGracePeriod - options.ShutdownGracePeriodCriticalPods,
    };

    /// <summary>Ends all pods. Returns when they have ended and are reported, or when the time is over.</summary>
    public async Task RunAsync(PodDirectory pods, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        foreach (var (stage, time) in new[]
        {
            (Stage.Others, options.ShutdownGracePeriod - options.ShutdownGracePeriodCriticalPods),
            (Stage.All, options.ShutdownGracePeriodCriticalPods),
        })
        {
            _stage = stage;
            pods.ShutDownAll();
            var began = timeProvider.GetTimestamp();
            while (pods.Workers.Any(worker => worker.Pod is { } pod && LimitOf(pod) is not null && !worker.HasEnded)
                && timeProvider.GetElapsedTime(began) < time + KillTime)
            {
                await Task.Delay(PollInterval, timeProvider, cancellationToken);
            }
        }
    }
}
