using k8s.Models;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>Finds the container that a field of a pod refers to.</summary>
internal static class PodContainer
{
    /// <summary>The container or init container of a name.</summary>
    /// <exception cref="ConfigurationException">The pod has none.</exception>
    public static V1Container Named(V1Pod pod, string? name) =>
        pod.Spec.Containers.Concat(pod.Spec.InitContainers ?? []).FirstOrDefault(container => container.Name == name)
        ?? throw new ConfigurationException($"container {name} not found");
}
