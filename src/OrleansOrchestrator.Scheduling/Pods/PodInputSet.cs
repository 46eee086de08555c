using k8s.Models;

namespace OrleansOrchestrator.Scheduling.Pods;

/// <summary>The inputs that are read of every pod: those that the registered plugins declare, and those of the cluster itself.</summary>
public sealed class PodInputSet
{
    internal PodInputSet(IEnumerable<PodInput> inputs)
    {
        var all = inputs.Distinct().OrderBy(input => input.Index).ToList();
        Counted = [.. all.Where(IsCounted)];
        Compared = [.. all.Where(input => !IsCounted(input))];
        Length = all.Count == 0 ? 0 : all[^1].Index + 1;
    }

    /// <summary>What counts against the node that a pod is on, whatever else is to be said of it.</summary>
    internal PodInput[] Counted { get; }

    /// <summary>What nodes are compared with.</summary>
    internal PodInput[] Compared { get; }

    /// <summary>How many places a shape has.</summary>
    internal int Length { get; }

    internal PodShape Read(V1Pod pod) => new(pod, this);

    private static bool IsCounted(PodInput input) => input == PodInputs.Resources || input == PodInputs.Ports;
}
