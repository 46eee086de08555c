using k8s.Models;

namespace OrleansOrchestrator.Scheduling.Resources;

/// <summary>
/// The only place where a Kubernetes quantity becomes a number. Fractions round up, so that a sum of requests never
/// understates what was asked for; amounts beyond the range of a long saturate.
/// </summary>
internal static class QuantityConversion
{
    // Sums of a node's pods must not overflow, so one amount stays far below the range of a long.
    private const long AmountMax = long.MaxValue / 4096;

    public static long ToMilli(ResourceQuantity? quantity) => Ceiling(quantity, 1000m);

    public static long ToUnits(ResourceQuantity? quantity) => Ceiling(quantity, 1m);

    private static long Ceiling(ResourceQuantity? quantity, decimal scale)
    {
        if (quantity is null)
            return 0;
        var value = quantity.ToDecimal();
        if (value <= 0)
            return 0;
        return value >= AmountMax / scale ? AmountMax : (long)decimal.Ceiling(value * scale);
    }
}
