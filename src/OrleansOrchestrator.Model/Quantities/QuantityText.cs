using System.Globalization;
using System.Numerics;

namespace OrleansOrchestrator.Model.Quantities;

/// <summary>
/// Writes quantities in canonical form: an integer with the largest exact suffix, so that 1.5 becomes <c>1500m</c> and 1536 MiB
/// <c>1536Mi</c>.
/// </summary>
internal static class QuantityText
{
    private static readonly ExactDecimal BinaryMin = ExactDecimal.From(1024, 0);

    public static string Format(ExactDecimal number, QuantityFormat format)
    {
        if (number.Sign == 0)
            return "0";
        // Binary suffixes cannot express fractions, and below 1024 there is none to use.
        if (format == QuantityFormat.BinarySI && number.Scale >= 0 && IsBinarySized(number))
            return Binary(number);

        var exponent = (int)Math.Floor(number.Scale / 3.0) * 3;
        if (format == QuantityFormat.DecimalExponent)
            return Text(number.ScaledTo(exponent)) + QuantitySuffix.Exponent(exponent);
        exponent = Math.Min(exponent, QuantitySuffix.DecimalExponentMax);
        return Text(number.ScaledTo(exponent)) + QuantitySuffix.Decimal(exponent);
    }

    private static bool IsBinarySized(ExactDecimal number) =>
        (number.Sign < 0 ? -number : number).CompareTo(BinaryMin) >= 0;

    private static string Binary(ExactDecimal number)
    {
        var value = number.ScaledTo(0);
        var power = 0;
        while (power < QuantitySuffix.BinaryPowerMax && (value & 1023).IsZero)
        {
            value >>= 10;
            power++;
        }

        return Text(value) + QuantitySuffix.Binary(power);
    }

    private static string Text(BigInteger value) => value.ToString(CultureInfo.InvariantCulture);
}
