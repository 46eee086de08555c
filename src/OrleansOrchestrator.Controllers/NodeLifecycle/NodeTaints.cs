using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>The taints that follow from a node's conditions and its cordon.</summary>
/// <remarks>See the taint maps of k8s.io/kubernetes/pkg/controller/nodelifecycle/node_lifecycle_controller.go.</remarks>
internal static class NodeTaints
{
    private static readonly (string Condition, string Key)[] Pressures =
    [
        ("MemoryPressure", TaintKeys.MemoryPressure),
        ("DiskPressure", TaintKeys.DiskPressure),
        ("PIDPressure", TaintKeys.PidPressure),
        ("NetworkUnavailable", TaintKeys.NetworkUnavailable),
    ];

    private static readonly HashSet<(string Key, string Effect)> Managed =
    [
        (TaintKeys.NotReady, TaintEffects.NoExecute),
        (TaintKeys.Unreachable, TaintEffects.NoExecute),
        (TaintKeys.NotReady, TaintEffects.NoSchedule),
        (TaintKeys.Unreachable, TaintEffects.NoSchedule),
        (TaintKeys.Unschedulable, TaintEffects.NoSchedule),
        .. Pressures.Select(pressure => (pressure.Key, TaintEffects.NoSchedule)),
    ];

    /// <summary>The node with the taints that it should have; null if it has them. Taints of others stay.</summary>
    /// <param name="node">The node.</param>
    /// <param name="mayEvict">
    /// Whether the node may begin to lose its pods now. A NoExecute taint that it has stays while its condition holds, or is replaced.
    /// </param>
    /// <param name="now">The current time, for the timeAdded of taints.</param>
    public static V1Node? Retainted(V1Node node, bool mayEvict, DateTimeOffset now)
    {
        IReadOnlyList<V1Taint> current = node.Spec?.Taints is { } taints ? [.. taints] : [];
        var wanted = Wanted(node).ToList();
        var missing = wanted
            .Where(taint => !current.Any(other => Identity(other) == taint))
            .Where(taint => taint.Effect != TaintEffects.NoExecute || mayEvict || current.Any(LosesPods))
            .ToList();
        var isSurplus = current.Any(taint => IsSurplus(taint, wanted));
        if (missing.Count == 0 && !isSurplus && !current.Any(LacksTime))
            return null;

        var added = ObjectMetaRules.TruncateToSeconds(now);
        var retainted = ObjectCodec.Clone(node);
        retainted.Spec ??= new V1NodeSpec();
        var result = (retainted.Spec.Taints ?? [])
            .Where(taint => !IsSurplus(taint, wanted))
            .Concat(missing.Select(taint => new V1Taint { Key = taint.Key, Effect = taint.Effect }))
            .ToList();
        // Toleration seconds count from timeAdded, also for a taint that somebody else added without it.
        foreach (var taint in result.Where(LacksTime))
            taint.TimeAdded = added;
        retainted.Spec.Taints = result.Count == 0 ? null : result;
        return retainted;
    }

    /// <summary>Whether the node should get the taint for which its pods go, and has no such taint yet.</summary>
    public static bool IsToLosePods(V1Node node) =>
        NodeConditions.StatusOf(node, NodeConditions.Ready) is "Unknown" or "False" && node.Spec?.Taints?.Any(LosesPods) is not true;

    /// <summary>Since when the node has a taint of this controller for which its pods go; null if it has none.</summary>
    public static DateTimeOffset? LosesPodsSince(V1Node node) => ApiTime.Read(node.Spec?.Taints?.FirstOrDefault(LosesPods)?.TimeAdded);

    /// <summary>Whether pods go for this taint, and somebody else than this controller sets it.</summary>
    public static bool IsOfOthers(V1Taint taint) => taint.Effect == TaintEffects.NoExecute && !Managed.Contains(Identity(taint));

    private static IEnumerable<(string Key, string Effect)> Wanted(V1Node node)
    {
        switch (NodeConditions.StatusOf(node, NodeConditions.Ready))
        {
            case "True":
                break;
            case "Unknown":
                yield return (TaintKeys.Unreachable, TaintEffects.NoSchedule);
                yield return (TaintKeys.Unreachable, TaintEffects.NoExecute);
                break;
            case "False":
                yield return (TaintKeys.NotReady, TaintEffects.NoSchedule);
                yield return (TaintKeys.NotReady, TaintEffects.NoExecute);
                break;
            default:
                // A node that has not reported yet gets no new pods, but there is no reason to evict those that it may have.
                yield return (TaintKeys.NotReady, TaintEffects.NoSchedule);
                break;
        }

        foreach (var (condition, key) in Pressures)
        {
            if (NodeConditions.StatusOf(node, condition) == "True")
                yield return (key, TaintEffects.NoSchedule);
        }

        if (node.Spec?.Unschedulable is true)
            yield return (TaintKeys.Unschedulable, TaintEffects.NoSchedule);
    }

    private static bool IsSurplus(V1Taint taint, List<(string Key, string Effect)> wanted) =>
        Managed.Contains(Identity(taint)) && !wanted.Contains(Identity(taint));

    private static bool LosesPods(V1Taint taint) => taint.Effect == TaintEffects.NoExecute && Managed.Contains(Identity(taint));

    private static bool LacksTime(V1Taint taint) => taint.Effect == TaintEffects.NoExecute && taint.TimeAdded is null;

    private static (string Key, string Effect) Identity(V1Taint taint) => (taint.Key, taint.Effect);
}
