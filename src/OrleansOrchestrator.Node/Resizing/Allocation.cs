using OrleansOrchestrator.Model.Pods;
using System.Collections.Immutable;
using System.Text.Json;
using k8s;
using k8s.Models;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Resizing;

/// <summary>The resources that the node has granted to the containers of a pod, by their names. Immutable.</summary>
/// <remarks>
/// A pod gets at its admission what its spec asks for, and keeps it until the node grants a resize. It is in a file of the pod's folder, so
/// that the next daemon does not take for granted what was asked for meanwhile.
/// </remarks>
internal sealed class Allocation
{
    private const string FileName = "allocated.json";

    private readonly Dictionary<string, V1ResourceRequirements> _containers;

    private Allocation(Dictionary<string, V1ResourceRequirements> containers) => _containers = containers;

    /// <summary>All that a spec asks for.</summary>
    public static Allocation Of(V1PodSpec spec) => new(Resizable(spec).ToDictionary(
        container => container.Name, container => container.Resources ?? new V1ResourceRequirements(), StringComparer.Ordinal));

    /// <summary>Reads the file of a pod; null if there is none, or none that can be read.</summary>
    /// <param name="podDirectory">The pod's folder.</param>
    public static Allocation? Read(string podDirectory)
    {
        var file = Path.Combine(podDirectory, FileName);
        try
        {
            return File.Exists(file) && KubernetesJson.Deserialize<Dictionary<string, V1ResourceRequirements>>(File.ReadAllText(file)) is { } containers
                ? new Allocation(containers)
                : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Writes the file of a pod, whole or not at all.</summary>
    public void Write(string podDirectory)
    {
        Directory.CreateDirectory(podDirectory);
        var file = Path.Combine(podDirectory, FileName);
        WholeFile.Write(file, KubernetesJson.Serialize(_containers));
    }

    /// <summary>Whether it is what a spec asks for. Containers that it does not know count as granted.</summary>
    public bool Grants(V1PodSpec spec) => Resizable(spec).All(container =>
        !_containers.TryGetValue(container.Name, out var granted) || ReferenceEquals(granted, container.Resources)
        || (AreSame(granted.Limits, container.Resources?.Limits) && AreSame(granted.Requests, container.Resources?.Requests)));

    private static bool AreSame(IDictionary<string, ResourceQuantity>? granted, IDictionary<string, ResourceQuantity>? asked) =>
        (granted?.Count ?? 0) == (asked?.Count ?? 0)
        && (granted ?? ImmutableDictionary<string, ResourceQuantity>.Empty).All(
            amount => asked!.TryGetValue(amount.Key, out var other) && Quantity.From(amount.Value) == Quantity.From(other));

    /// <summary>The pod with what was granted in place of what it asks for.</summary>
    public V1Pod ApplyTo(V1Pod pod) => Grants(pod.Spec) ? pod : pod with
    {
        Spec = pod.Spec with
        {
            Containers = [.. pod.Spec.Containers.Select(WithGranted)],
            InitContainers = pod.Spec.InitContainers is { } init ? [.. init.Select(container => container.IsSidecar ? WithGranted(container) : container)] : null,
        },
    };

    private V1Container WithGranted(V1Container container) =>
        _containers.TryGetValue(container.Name, out var granted) ? container with { Resources = granted } : container;

    /// <summary>The containers that can be resized.</summary>
    private static IEnumerable<V1Container> Resizable(V1PodSpec spec) =>
        spec.Containers.Concat(spec.Sidecars);
}
