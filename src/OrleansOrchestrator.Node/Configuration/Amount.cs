using k8s.Models;
using OrleansOrchestrator.Model.Quantities;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>Quantities as numbers for calculation: exact to a thousandth, and limited to what a long holds.</summary>
internal static class Amount
{
    /// <summary>The number of a quantity; zero for none.</summary>
    public static decimal Of(ResourceQuantity? quantity)
    {
        var exact = Quantity.From(quantity);
        return exact.MilliValue is > long.MinValue and < long.MaxValue and var milli ? milli / 1000m : exact.Value;
    }

    /// <summary>The number of one of several quantities; null if it is absent.</summary>
    public static decimal? Of(IDictionary<string, ResourceQuantity>? quantities, string name) =>
        quantities is not null && quantities.TryGetValue(name, out var quantity) ? Of(quantity) : null;

    /// <summary>A number rounded up, limited to the range of a long.</summary>
    public static long Ceiling(decimal number) => (long)Math.Clamp(decimal.Ceiling(number), long.MinValue, long.MaxValue);
}
