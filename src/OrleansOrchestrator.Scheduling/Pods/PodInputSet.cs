using k8s.Models;

namespace OrleansOrchestrator.Scheduling.Pods;

/// <summary>The inputs of every pod: those that the registered plugins declare, and those of the cache itself.</summary>
public sealed class PodInputSet
{
    internal PodInputSet(IEnumerable<PodInput> inputs)
    {
        var all = inputs.Distinct().OrderBy(input => input.Index).ToList();
        Counted = [.. all.Where(IsCounted)];
        Compared = [.. all.Where(input => !IsCounted(input))];
        Length = all.Count == 0 ? 0 : all[^1].Index + 1;
    }

    /// <summary>The inputs that count against the pod's node, even for a pod that is too expensive to evaluate.</summary>
    internal PodInput[] Counted { get; }

    /// <summary>The inputs that are compared with nodes.</summary>
    internal PodInput[] Compared { get; }

    /// <summary>The number of inputs in a shape.</summary>
    internal int Length { get; }

    internal PodShape Read(V1Pod pod) => new(pod, this);

    private static bool IsCounted(PodInput input) => input == PodInputs.Resources || input == PodInputs.Ports;
}
