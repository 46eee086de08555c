using OrleansOrchestrator.Model.Selectors;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Matching;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>
/// The pods that a pod without constraints of its own is spread with: those of its controller, or without such a controller those that
/// match the selectors of all services that select it.
/// </summary>
/// <param name="OwnerUid">The controller; null if it is the services that count.</param>
/// <param name="Pods">What the services select; null if it is the controller that counts.</param>
internal sealed record SpreadPeers(string? OwnerUid, PodPredicate? Pods)
{
    /// <summary>The peers of a pod; null if it has none.</summary>
    public static SpreadPeers? Of(SchedulerCache cluster, PodInfo pod)
    {
        if (pod.SpreadOwnerUid is { } owner)
            return new SpreadPeers(owner, null);
        var services = cluster.ObjectsOf(ObjectInputs.Services);
        if (!services.HasGroups || pod.Labels.Count == 0)
            return null;
        var wanted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var label in pod.Labels)
        {
            foreach (var service in services.OfGroup(ServiceSelection.GroupOf(pod.Namespace, label)))
            {
                if (!ServiceSelection.Selects(service, pod.Labels))
                    continue;
                foreach (var (key, value) in service.Spec.Selector)
                    wanted[key] = value;
            }
        }

        return wanted.Count == 0 ? null : new SpreadPeers(null, new PodPredicate([pod.Namespace], null, LabelSelector.FromMap(wanted), ignoresTerminating: true));
    }

    /// <summary>Whether a pod is one of them.</summary>
    public bool Contain(PodInfo other, SchedulerCache cluster) =>
        Pods is { } pods ? pods.Matches(other.Namespace, other.Labels, cluster.Pods.NamespaceLabels) : other.SpreadOwnerUid == OwnerUid;

    /// <summary>How many of them run on each node.</summary>
    public PodCounter CountIn(SchedulerCache cluster) => Pods is { } pods ? cluster.Counters.Of(pods) : cluster.Counters.OfOwner(OwnerUid!);
}
