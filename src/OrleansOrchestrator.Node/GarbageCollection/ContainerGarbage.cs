using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.GarbageCollection;

/// <summary>Decides which ended containers go. Pure.</summary>
internal static class ContainerGarbage
{
    /// <summary>The ids of containers that go.</summary>
    /// <param name="pods">The pods of the node.</param>
    /// <param name="most">How many ended containers may stay; negative for any number.</param>
    /// <param name="minAge">How long they stay at least.</param>
    /// <param name="now">The time.</param>
    /// <remarks>The newest instance of each container of a pod that has not ended stays: it tells how the pod goes on.</remarks>
    public static IReadOnlyList<string> Find(IEnumerable<(V1Pod Pod, PodSandbox Sandbox)> pods, int most, TimeSpan minAge, DateTimeOffset now)
    {
        if (most < 0)
            return [];
        var ended = pods.SelectMany(pod => pod.Sandbox.Containers
                .Where(container => container.Phase == ContainerPhase.Exited)
                .Select(container => (
                    Container: container,
                    Unit: (pod.Sandbox.PodUid, container.Name),
                    IsNeeded: !pod.Pod.IsTerminal && pod.Sandbox.Newest(container.Name) == container)))
            .ToList();
        var surplus = ended.Count - most;
        if (surplus <= 0)
            return [];

        // All containers keep about as many of theirs, and at least one; only then the oldest go.
        var share = Math.Max(1, most / ended.DistinctBy(one => one.Unit).Count());
        return
        [
            .. ended.GroupBy(one => one.Unit)
                .SelectMany(unit => unit.OrderByDescending(one => one.Container.CreatedAt).Select((one, place) => (one.Container, one.IsNeeded, IsBeyondShare: place >= share)))
                .Where(one => !one.IsNeeded && now - one.Container.CreatedAt >= minAge)
                .OrderByDescending(one => one.IsBeyondShare)
                .ThenBy(one => one.Container.CreatedAt)
                .ThenBy(one => one.Container.Id, StringComparer.Ordinal)
                .Take(surplus)
                .Select(one => one.Container.Id),
        ];
    }
}
