using k8s.Models;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.DaemonSets;

/// <summary>
/// Which nodes a DaemonSet runs on: those that its template's node name, node selector and required affinity admit, and whose
/// taints its pods tolerate. Free resources do not matter here: the scheduler checks them.
/// </summary>
/// <remarks>See NodeShouldRunDaemonPod in k8s.io/kubernetes/pkg/controller/daemon.</remarks>
internal sealed class DaemonPlacement
{
    private readonly string? _nodeName;
    private readonly NodeAffinityRules _affinity;
    private readonly V1Toleration[] _tolerations;

    public DaemonPlacement(V1PodSpec pod)
    {
        _nodeName = string.IsNullOrEmpty(pod.NodeName) ? null : pod.NodeName;
        _affinity = NodeAffinityRules.Source.Of(pod) is { } source ? new NodeAffinityRules(source) : NodeAffinityRules.None;
        _tolerations = [.. pod.Tolerations ?? [], .. ImpliedTolerations(pod)];
    }

    /// <summary>
    /// The tolerations that every daemon pod has besides its template's. Daemon pods stay on nodes with problems, and often they
    /// are there to repair them.
    /// </summary>
    public static IEnumerable<V1Toleration> ImpliedTolerations(V1PodSpec pod)
    {
        yield return Of(TaintKeys.NotReady, TaintEffects.NoExecute);
        yield return Of(TaintKeys.Unreachable, TaintEffects.NoExecute);
        yield return Of(TaintKeys.DiskPressure, TaintEffects.NoSchedule);
        yield return Of(TaintKeys.MemoryPressure, TaintEffects.NoSchedule);
        yield return Of(TaintKeys.PidPressure, TaintEffects.NoSchedule);
        yield return Of(TaintKeys.Unschedulable, TaintEffects.NoSchedule);
        if (pod.HostNetwork is true)
            yield return Of(TaintKeys.NetworkUnavailable, TaintEffects.NoSchedule);
    }

    /// <summary>Whether two versions of a node differ in labels or taints, on which placement depends.</summary>
    public static bool Differ(V1Node before, V1Node after) =>
        !SameLabels(before.Metadata.Labels, after.Metadata.Labels) || !SameTaints(before.Spec?.Taints ?? [], after.Spec?.Taints ?? []);

    /// <summary>Decides about a node.</summary>
    /// <returns>Whether the node should have a pod, and whether a pod that is there may stay.</returns>
    public (bool ShouldRun, bool MayStay) Judge(V1Node node)
    {
        if (_nodeName is not null && _nodeName != node.Metadata.Name)
            return (false, false);
        if (_affinity.HasRequirements && !_affinity.Admits(node.Metadata.Name, node.Metadata.Labels ?? new Dictionary<string, string>()))
            return (false, false);
        var mayStay = true;
        var shouldRun = true;
        foreach (var taint in node.Spec?.Taints ?? [])
        {
            if (taint.Effect is not (TaintEffects.NoSchedule or TaintEffects.NoExecute) || Tolerations.Tolerates(_tolerations, taint))
                continue;
            shouldRun = false;
            mayStay &= taint.Effect != TaintEffects.NoExecute;
        }

        return (shouldRun, mayStay);
    }

    private static V1Toleration Of(string key, string effect) => new() { Key = key, OperatorProperty = "Exists", Effect = effect };

    private static bool SameLabels(IDictionary<string, string>? left, IDictionary<string, string>? right) =>
        (left?.Count ?? 0) == (right?.Count ?? 0)
        && (left is null || left.All(label => right!.TryGetValue(label.Key, out var value) && value == label.Value));

    private static bool SameTaints(IList<V1Taint> left, IList<V1Taint> right) => left.Count == right.Count
        && left.Zip(right).All(pair => (pair.First.Key, pair.First.Value, pair.First.Effect) == (pair.Second.Key, pair.Second.Value, pair.Second.Effect));
}
