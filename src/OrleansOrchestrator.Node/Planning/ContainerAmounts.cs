using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Planning;

/// <summary>What a container of a spec asks for, as numbers for a runtime.</summary>
internal static class ContainerAmounts
{
    // More than any machine has, and small enough not to overflow.
    private const decimal CoresMax = 1_000_000;

    public static ContainerResources Of(V1Container container)
    {
        var (limits, requests) = (container.Resources?.Limits, container.Resources?.Requests);
        return new ContainerResources
        {
            CpuRequestMillis = Millis(Amount.Of(requests, ResourceNames.Cpu) ?? Amount.Of(limits, ResourceNames.Cpu)),
            CpuLimitMillis = Millis(Amount.Of(limits, ResourceNames.Cpu)),
            MemoryRequestBytes = Amount.Ceiling(Amount.Of(requests, ResourceNames.Memory) ?? Amount.Of(limits, ResourceNames.Memory) ?? 0),
            MemoryLimitBytes = Amount.Ceiling(Amount.Of(limits, ResourceNames.Memory) ?? 0),
        };
    }

    private static long Millis(decimal? cores) => Amount.Ceiling(Math.Min(cores ?? 0, CoresMax) * 1000);
}
