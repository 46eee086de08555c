using System.Globalization;
using k8s.Models;

namespace OrleansOrchestrator.Controllers.Objects;

/// <summary>Resolves amounts that are a number of pods or a percentage of them, as in <c>2</c> and <c>25%</c>.</summary>
/// <remarks>See k8s.io/apimachinery/pkg/util/intstr.</remarks>
internal static class IntOrPercent
{
    /// <summary>Resolves an amount to a number of pods.</summary>
    /// <param name="amount">The amount.</param>
    /// <param name="total">The number of pods that is 100%.</param>
    /// <param name="roundUp">Whether a percentage that gives no whole number is rounded up.</param>
    /// <returns>The number; null if the amount is absent, or neither a number nor a percentage.</returns>
    public static int? Resolve(IntOrString? amount, int total, bool roundUp)
    {
        if (amount?.Value is not { } text)
            return null;
        if (text is not [.. var digits, '%'])
            return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var percent))
            return null;
        var hundredths = (long)percent * total;
        return (int)Math.Clamp((hundredths + (roundUp ? 99 : 0)) / 100, 0, int.MaxValue);
    }
}
