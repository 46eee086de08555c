using k8s.Models;
using OrleansOrchestrator.Model.Quantities;

namespace OrleansOrchestrator.Model.Pods;

/// <summary>
/// The only conversion of Kubernetes quantities to numbers. Fractions round up, so that a sum of requests never understates them;
/// amounts beyond the range saturate.
/// </summary>
internal static class QuantityConversion
{
    /// <summary>The highest amount of any resource: more than any node has, and small enough that 4,096 of them fit a long.</summary>
    public const long AmountMax = long.MaxValue / 4096;

    public static long ToMilli(ResourceQuantity? quantity) => Math.Clamp(Quantity.From(quantity).MilliValue, 0, AmountMax);

    public static long ToUnits(ResourceQuantity? quantity) => Math.Clamp(Quantity.From(quantity).Value, 0, AmountMax);

    /// <summary>A sum that saturates like its terms.</summary>
    public static long Sum(long left, long right) => Math.Min(left + right, AmountMax);
}
