using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Planning;

namespace OrleansOrchestrator.Node.Pods;

/// <summary>
/// Ends a node's pods because its machine goes down: those of low priority first, and those of one turn together, each within the time of
/// the turn.
/// </summary>
/// <remarks>See https://kubernetes.io/docs/concepts/cluster-administration/node-shutdown/#graceful-node-shutdown.</remarks>
/// <param name="turns">The turns by priority, the lowest first; empty leaves pods alone.</param>
internal sealed class NodeShutdown(IReadOnlyList<ShutdownTurn> turns)
{
    /// <summary>What the node's condition says, in the kubelet's words.</summary>
    public const string Fault = "node is shutting down";

    // Small beside the seconds that pods have.
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    // For the kill of containers at the end of their time, and for the report.
    private static readonly TimeSpan KillTime = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private volatile Shutdown? _present;

    /// <summary>Whether pods have time to end; otherwise the machine goes down without a word to them.</summary>
    public bool IsEnabled => turns.Count > 0;

    /// <summary>The longest time from the first word of a shutdown until the last report.</summary>
    public TimeSpan Longest => turns.Aggregate(TimeSpan.Zero, (sum, turn) => sum + turn.Time + KillTime);

    /// <summary>Whether the node takes no pods any more.</summary>
    public bool IsBegun => _present is not null;

    /// <summary>The end of a pod that must end now; null if it need not end now.</summary>
    public PodEnding? EndingOf(V1Pod pod) =>
        _present is { } shutdown && TurnOf(pod) is var turn && turn <= shutdown.Turn ? new PodEnding(PodFailures.NodeShutdown, turns[turn].Time) : null;

    /// <summary>Ends all pods, or waits for the shutdown that is under way. Returns when they have ended and are reported, when the time is
    /// over, or when the shutdown is called off.</summary>
    public Task RunAsync(PodDirectory pods, TimeProvider timeProvider)
    {
        lock (_lock)
        {
            if (_present is { } underWay)
                return underWay.Ended;
            var shutdown = new Shutdown();
            _present = shutdown;
            return shutdown.Ended = EndAsync(shutdown, pods, timeProvider);
        }
    }

    /// <summary>The machine does not go down after all. Pods that had to end stay ended; the others run on.</summary>
    public void CallOff(PodDirectory pods)
    {
        lock (_lock)
            _present = null;
        pods.ShutDownAll();
    }

    private async Task EndAsync(Shutdown shutdown, PodDirectory pods, TimeProvider timeProvider)
    {
        for (var turn = 0; turn < turns.Count && _present == shutdown; turn++)
        {
            shutdown.Turn = turn;
            pods.ShutDownAll();
            var began = timeProvider.GetTimestamp();
            while (_present == shutdown
                && pods.Workers.Any(worker => worker.Pod is { } pod && EndingOf(pod) is not null && !worker.HasEnded)
                && timeProvider.GetElapsedTime(began) < turns[turn].Time + KillTime)
            {
                await Task.Delay(PollInterval, timeProvider);
            }
        }
    }

    /// <summary>The last turn whose priority a pod has.</summary>
    private int TurnOf(V1Pod pod)
    {
        var turn = 0;
        while (turn + 1 < turns.Count && turns[turn + 1].Priority <= pod.Priority)
            turn++;
        return turn;
    }

    private sealed class Shutdown
    {
        private volatile int _turn;

        /// <summary>The last turn that has come.</summary>
        public int Turn { get => _turn; set => _turn = value; }

        public Task Ended { get; set; } = Task.CompletedTask;
    }
}
