using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Node.Planning;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Status;

/// <summary>The resources that a container has, as its status tells them.</summary>
internal static class ReportedResources
{
    /// <summary>
    /// What the kernel enforces for a running container, in the words of what was granted if that is the same; what the kernel does not know
    /// is what was granted. An ended container keeps what was last told of it.
    /// </summary>
    /// <param name="container">The container, with what was granted to it.</param>
    /// <param name="newest">Its newest instance; null if there is none.</param>
    /// <param name="reported">The last status of its pod.</param>
    public static V1ResourceRequirements Of(V1Container container, ContainerInstance? newest, V1PodStatus? reported)
    {
        var granted = container.Resources ?? new V1ResourceRequirements();
        if (newest is { Phase: ContainerPhase.Exited })
            return LastOf(container.Name, newest, reported) ?? granted;
        if (newest is not { Phase: ContainerPhase.Running, Resources: { } actual } || CgroupResources.Of(ContainerAmounts.Of(container)) is var wanted && wanted == actual)
            return granted;
        return new V1ResourceRequirements
        {
            Claims = granted.Claims,
            Requests = With(granted.Requests, (ResourceNames.Cpu, wanted.CpuShares != actual.CpuShares, Millis(actual.CpuRequestMillis))),
            Limits = With(
                granted.Limits,
                (ResourceNames.Cpu, wanted.CpuQuotaMicroseconds != actual.CpuQuotaMicroseconds, Millis(actual.CpuLimitMillis)),
                (ResourceNames.Memory, wanted.MemoryLimitBytes != actual.MemoryLimitBytes, Bytes(actual.MemoryLimitBytes))),
        };
    }

    private static V1ResourceRequirements? LastOf(string name, ContainerInstance ended, V1PodStatus? reported) =>
        (reported?.ContainerStatuses ?? []).Concat(reported?.InitContainerStatuses ?? [])
            .FirstOrDefault(status => status.Name == name && status.RestartCount == ended.Attempt)?.Resources;

    private static Dictionary<string, ResourceQuantity>? With(
        IDictionary<string, ResourceQuantity>? granted, params ReadOnlySpan<(string Name, bool Differs, Quantity Actual)> amounts)
    {
        var told = granted is null ? [] : new Dictionary<string, ResourceQuantity>(granted, StringComparer.Ordinal);
        foreach (var (name, differs, actual) in amounts)
        {
            if (differs && actual.Sign > 0)
                told[name] = actual.ToResourceQuantity();
            else if (differs)
                told.Remove(name);
        }

        return told.Count > 0 ? told : null;
    }

    private static Quantity Millis(long millis) => Quantity.Parse(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{millis}m"));

    private static Quantity Bytes(long bytes) => Quantity.FromValue(bytes, QuantityFormat.BinarySI);
}
