using System.Globalization;
using OrleansOrchestrator.Model.Quantities;

namespace OrleansOrchestrator.Node.Thresholds;

/// <summary>An amount as options have it: a quantity, or a percentage of what there is.</summary>
/// <param name="Number">The quantity; 0 if it is a percentage.</param>
/// <param name="Fraction">The fraction of what there is; 0 if it is a quantity.</param>
internal readonly record struct ThresholdAmount(long Number, decimal Fraction)
{
    /// <summary>The amount of something of which there is so much.</summary>
    public long Of(long capacity) => Fraction == 0 ? Number : (long)(capacity * Fraction);

    /// <summary>Reads an amount such as <c>100Mi</c> or <c>10%</c>.</summary>
    public static bool TryParse(string text, out ThresholdAmount amount)
    {
        amount = default;
        if (text.EndsWith('%'))
        {
            if (!decimal.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) || percent > 100)
                return false;
            amount = new ThresholdAmount(0, percent / 100);
            return true;
        }

        if (!Quantity.TryParse(text, out var quantity) || quantity.Sign < 0)
            return false;
        amount = new ThresholdAmount(quantity.Value, 0);
        return true;
    }
}
