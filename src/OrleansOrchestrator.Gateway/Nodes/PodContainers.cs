using k8s.Models;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Nodes;

/// <summary>Finds the container that a request means.</summary>
internal static class PodContainers
{
    /// <summary>The named container, or the only one if none is named.</summary>
    /// <exception cref="ApiException">400: there is no container of that name, or none is named and there are several.</exception>
    public static string Choose(V1Pod pod, string name)
    {
        var containers = Names(pod.Spec.Containers, container => container.Name);
        if (name.Length == 0)
            return containers is [var only] ? only : throw ApiErrors.BadRequest(AmbiguousText(pod, containers));
        var isKnown = containers.Contains(name)
            || Names(pod.Spec.InitContainers, container => container.Name).Contains(name)
            || Names(pod.Spec.EphemeralContainers, container => container.Name).Contains(name);
        return isKnown ? name : throw ApiErrors.BadRequest($"container {name} is not valid for pod {pod.Metadata.Name}");
    }

    private static string AmbiguousText(V1Pod pod, IReadOnlyList<string> containers)
    {
        var text = $"a container name must be specified for pod {pod.Metadata.Name}";
        if (containers.Count == 0)
            return text;
        text += $", choose one of: [{string.Join(' ', containers)}]";
        var init = Names(pod.Spec.InitContainers, container => container.Name);
        if (init.Count > 0)
            text += $" or one of the init containers: [{string.Join(' ', init)}]";
        var ephemeral = Names(pod.Spec.EphemeralContainers, container => container.Name);
        if (ephemeral.Count > 0)
            text += $" or one of the ephemeral containers: [{string.Join(' ', ephemeral)}]";
        return text;
    }

    private static List<string> Names<T>(IList<T>? items, Func<T, string> name) => items is null ? [] : [.. items.Select(name)];
}
