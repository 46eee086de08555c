using k8s.Models;
using OrleansOrchestrator.Model.Quantities;

namespace OrleansOrchestrator.Model.Pods;

/// <summary>
/// The only place where a Kubernetes quantity becomes a number. Fractions round up, so that a sum of requests never
/// understates what was asked for; amounts beyond the range saturate.
/// </summary>
internal static class QuantityConversion
{
    /// <summary>The most that counts of any resource: more than any node has, and so little that 4,096 of them fit a long.</summary>
    public const long AmountMax = long.MaxValue / 4096;

    public static long ToMilli(ResourceQuantity? quantity) => Math.Clamp(Quantity.From(quantity).MilliValue, 0, AmountMax);

    public static long ToUnits(ResourceQuantity? quantity) => Math.Clamp(Quantity.From(quantity).Value, 0, AmountMax);

    /// <summary>A sum that saturates as its terms do.</summary>
    public static long Sum(long left, long right) => Math.Min(left + right, AmountMax);
}
