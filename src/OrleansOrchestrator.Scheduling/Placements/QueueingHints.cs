using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Plugins;
using OrleansOrchestrator.Scheduling.Pods;
using OrleansOrchestrator.Scheduling.Queueing;

namespace OrleansOrchestrator.Scheduling.Placements;

/// <summary>
/// Says whom a change could help, once for all pods that are alike. A node that changed, or whose pods did, is looked at again by the
/// node filters; what a change does to other nodes is for the hints of the plugins that rejected the pods.
/// </summary>
/// <remarks>
/// No pod is forgotten. Each node was rejected either by a node filter, and then the node is one of <see cref="WaitingPods.RejectedRows"/>
/// and no filter passes it without a change there; or by another plugin, and then that plugin is one of <see cref="WaitingPods.RejectedBy"/>.
/// If there was no node, every one that comes helps: the pods are to be told what it lacks.
/// </remarks>
/// <param name="cache">The cluster.</param>
/// <param name="schedulers">The schedulers of all profiles, by name.</param>
public sealed class QueueingHints(SchedulerCache cache, IReadOnlyDictionary<string, Scheduler> schedulers) : IQueueingHints
{
    // A pod that comes to a node makes no node filter pass.
    private const ClusterEvents LooksAtNode = ClusterEvents.NodeAdded | ClusterEvents.NodeAllocatableChanged | ClusterEvents.NodeLabelsChanged
        | ClusterEvents.NodeTaintsChanged | ClusterEvents.AssignedPodRemoved | ClusterEvents.AssignedPodChanged;

    /// <inheritdoc/>
    public IReadOnlyCollection<WaitingPods> FindHelped(ClusterEvent change, IReadOnlyCollection<WaitingPods> waiting)
    {
        ArgumentNullException.ThrowIfNull(change);
        ArgumentNullException.ThrowIfNull(waiting);
        var helped = new List<WaitingPods>();
        var preemptors = new List<WaitingPods>();
        var row = RowOf(change);
        foreach (var pods in waiting)
        {
            var isInQuestion = row >= 0 && IsInQuestion(pods, row, change);
            if (HasHint(pods, change) || (isInQuestion && PassesNodeFilters(pods, row)))
                helped.Add(pods);
            else if (row >= 0 && (isInQuestion || pods.KeptFromPreemptionOn?.Contains(row) == true) && MayPreempt(pods.Sample, change))
                preemptors.Add(pods);
        }

        foreach (var ofPriority in preemptors.GroupBy(pods => pods.Sample.Priority))
            AddThoseThatMayPreempt(helped, ofPriority, ofPriority.Key, row);
        return helped;
    }

    /// <inheritdoc/>
    public IReadOnlyCollection<string> FindNominated(ClusterEvent change)
    {
        ArgumentNullException.ThrowIfNull(change);
        if (change.NodeName is not { } nodeName || (change.Kinds & (LooksAtNode | ClusterEvents.NodeRemoved)) == 0)
            return [];
        var uids = cache.Nominations.On(nodeName).Select(pod => pod.Uid);
        // A pod that goes and still waits has lost its nomination.
        return change.OldPod is { } lost ? [.. uids, lost.Uid] : [.. uids];
    }

    /// <summary>The row of the node to look at again; -1 if there is none.</summary>
    private int RowOf(ClusterEvent change) =>
        (change.Kinds & LooksAtNode) != 0 && change.NodeName is { } name && cache.Nodes.TryFind(name, out var row) && cache.Nodes.Record(row).IsPresent ? row : -1;

    /// <summary>Whether a node filter rejected the node before the change. A new node may have the row of one that was not.</summary>
    private static bool IsInQuestion(WaitingPods pods, int row, ClusterEvent change)
    {
        if (pods.RejectedRows is not { } rejected)
            return false;
        if ((change.Kinds & ClusterEvents.NodeAdded) != 0)
            rejected.Add(row);
        return rejected.Contains(row);
    }

    private bool HasHint(WaitingPods pods, ClusterEvent change)
    {
        if (pods.SawNoNode)
            return (change.Kinds & ClusterEvents.NodeAdded) != 0;
        var profile = schedulers[pods.Sample.SchedulerName].Profile;
        foreach (var name in pods.RejectedBy)
        {
            if (profile.Find(name) is { } plugin && (plugin.WakesOn & change.Kinds) != 0 && plugin.MayHelp(pods.Sample, change))
                return true;
        }

        return false;
    }

    /// <summary>
    /// Whether the node filters pass a node, with the pods that room is kept for there: those are woken by themselves. Whom only taints
    /// have kept from nodes so far, as they do from each new one, is to be told what a node lacks besides.
    /// </summary>
    private bool PassesNodeFilters(WaitingPods pods, int row)
    {
        var name = cache.Nodes.Record(row).Name;
        var added = cache.ClaimsAgainst(pods.Sample, name).ConvertAll(claim => cache.Add(claim, name));
        try
        {
            var profile = schedulers[pods.Sample.SchedulerName].Profile;
            var shape = pods.Sample.Shape;
            var rejecting = NodeDiagnosis.FindRejecting(pods.Filters ??= profile.FiltersFor(shape), shape, cache.Nodes, row);
            if (rejecting is null)
                return true;
            var plugin = profile.NameOf(rejecting);
            var isNews = plugin != nameof(TaintToleration) && pods.RejectedBy.All(static known => known == nameof(TaintToleration));
            pods.NoteRejection(plugin);
            return isNews;
        }
        finally
        {
            added.ForEach(cache.Remove);
        }
    }

    /// <summary>Whether preemption may find more room on the node than before: what changed is not a pod that would be evicted anyway.</summary>
    private bool MayPreempt(PodInfo pod, ClusterEvent change) =>
        pod.MayPreempt && cache.Pods.LowestPriority < pod.Priority && (change.OldPod is null || change.OldPod.Priority >= pod.Priority)
        && schedulers[pod.SchedulerName].Profile.PostFilters.Length > 0;

    /// <summary>Adds those to whom the node filters pass the node without its pods of lower priority.</summary>
    private void AddThoseThatMayPreempt(List<WaitingPods> helped, IEnumerable<WaitingPods> preemptors, int priority, int row)
    {
        var absent = cache.Nodes.Record(row).Pods.FindAll(record => record.Info.Priority < priority).ConvertAll(cache.TakeAway);
        if (absent.Count == 0)
            return;
        try
        {
            helped.AddRange(preemptors.Where(pods => PassesNodeFilters(pods, row)));
        }
        finally
        {
            absent.ForEach(pod => cache.PutBack(pod));
        }
    }
}
