using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Statistics;

namespace OrleansOrchestrator.ControlPlane.Usage;

/// <summary>Usage in the forms of the metrics API.</summary>
internal static class UsageQuantities
{
    /// <summary>Processors in billionths and memory in bytes, as metrics-server writes them.</summary>
    public static Dictionary<string, ResourceQuantity> Of(CpuStats cpu, MemoryStats memory) => new(StringComparer.Ordinal)
    {
        [ResourceNames.Cpu] = Quantity.Parse(string.Create(CultureInfo.InvariantCulture, $"{cpu.UsageNanoCores}n")).ToResourceQuantity(),
        [ResourceNames.Memory] = Quantity.FromValue(memory.WorkingSetBytes, QuantityFormat.BinarySI).ToResourceQuantity(),
    };

    /// <summary>The length of the window, to the millisecond.</summary>
    public static string WindowOf(CpuStats cpu) => GoDuration.Format(TimeSpan.FromMilliseconds(Math.Round(cpu.WindowNanoSeconds / 1e6)));
}
