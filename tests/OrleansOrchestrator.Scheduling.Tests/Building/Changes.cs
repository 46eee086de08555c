using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Queueing;

namespace OrleansOrchestrator.Scheduling.Tests.Building;

/// <summary>Changes of a cluster, by their kinds alone.</summary>
internal static class Changes
{
    /// <summary>A change of a kind.</summary>
    public static ClusterEvent[] Of(ClusterEvents kinds) => [new(kinds)];

    /// <summary>The kinds of several changes.</summary>
    public static ClusterEvents Kinds(this IEnumerable<ClusterEvent> changes) => changes.Aggregate(ClusterEvents.None, (kinds, change) => kinds | change.Kinds);

    /// <summary>A failure that changes of a kind may help.</summary>
    public static Unschedulable HelpedBy(ClusterEvents kinds) => new() { NodeCount = 1, Reasons = [], Plugins = [kinds.ToString()] };

    /// <summary>Takes the plugins of failures for the kinds of changes that help.</summary>
    public sealed class Hints : IQueueingHints
    {
        /// <summary>How often it was asked about pods that wait together.</summary>
        public int Questions { get; private set; }

        public IReadOnlyCollection<WaitingPods> FindHelped(ClusterEvent change, IReadOnlyCollection<WaitingPods> waiting)
        {
            Questions += waiting.Count;
            return [.. waiting.Where(pods => pods.RejectedBy.Any(kinds => (Enum.Parse<ClusterEvents>(kinds) & change.Kinds) != 0))];
        }

        public IReadOnlyCollection<string> FindNominated(ClusterEvent change) => [];
    }
}
