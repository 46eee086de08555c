using k8s.Models;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Scheduling.Matching;

/// <summary>
/// Which services select a pod. A service is found by one of the labels that it wants, so that a pod costs its labels and not the
/// services of its namespace.
/// </summary>
internal static class ServiceSelection
{
    /// <summary>The group of a service: its namespace and the first label that it wants; null if it selects no pods.</summary>
    public static string? GroupOf(V1Service service) => service.Spec?.Selector is { Count: > 0 } selector
        ? GroupOf(service.Metadata.NamespaceProperty, selector.MinBy(static pair => pair.Key, StringComparer.Ordinal))
        : null;

    /// <summary>The group of the services of a namespace that want a label first.</summary>
    public static string GroupOf(string @namespace, KeyValuePair<string, string> label) => $"{@namespace}/{label.Key}={label.Value}";

    /// <summary>Whether a service of the pod's namespace selects a pod with these labels.</summary>
    public static bool Selects(V1Service service, LabelSet labels) =>
        service.Spec.Selector.All(pair => labels.TryGetValue(pair.Key, out var value) && value == pair.Value);
}
