using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.Autoscaling;

/// <summary>What the pods of a target say about a metric.</summary>
/// <param name="Measured">The values of the pods that count, in thousandths.</param>
/// <param name="Unready">Pods that are about to serve: what they use now is not what they will use.</param>
/// <param name="Missing">Pods that run and have no value.</param>
/// <remarks>See groupPods in k8s.io/kubernetes/pkg/controller/podautoscaler.</remarks>
internal sealed record PodGroups(IReadOnlyDictionary<string, long> Measured, IReadOnlyList<string> Unready, IReadOnlyList<string> Missing)
{
    /// <summary>Groups pods.</summary>
    /// <param name="pods">The target's pods.</param>
    /// <param name="samples">The values, by pod.</param>
    /// <param name="isCpu">Whether they are of processor use, which is unusual while a pod starts.</param>
    /// <param name="options">The times.</param>
    /// <param name="now">The time.</param>
    public static PodGroups Of(IEnumerable<V1Pod> pods, IReadOnlyDictionary<string, MetricSample> samples, bool isCpu, AutoscalerOptions options, DateTimeOffset now)
    {
        var measured = new Dictionary<string, long>(StringComparer.Ordinal);
        var (unready, missing) = (new List<string>(), new List<string>());
        foreach (var pod in pods)
        {
            var name = pod.Metadata.Name;
            if (pod.IsDeleting || pod.Status?.Phase == PodPhase.Failed)
                continue;
            if (pod.Status?.Phase == PodPhase.Pending)
                unready.Add(name);
            else if (!samples.TryGetValue(name, out var sample))
                missing.Add(name);
            else if (isCpu && IsStarting(pod, sample, options, now))
                unready.Add(name);
            else
                measured[name] = sample.MilliValue;
        }

        return new PodGroups(measured, unready, missing);
    }

    private static bool IsStarting(V1Pod pod, in MetricSample sample, AutoscalerOptions options, DateTimeOffset now)
    {
        if (pod.Condition(PodConditionTypes.Ready) is not { } ready || ApiTime.Read(pod.Status.StartTime) is not { } started)
            return true;
        var isUnready = ready.Status == "False";
        var changed = ApiTime.Read(ready.LastTransitionTime) ?? DateTimeOffset.MinValue;
        return Waits.After(started, options.CpuInitializationPeriod) > now
            // Not ready, or not measured over a whole window since it is.
            ? isUnready || sample.Time < Waits.After(changed, sample.Window)
            // Never ready so far.
            : isUnready && Waits.After(started, options.InitialReadinessDelay) > changed;
    }
}
