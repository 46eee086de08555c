using System.Buffers.Text;
using System.Globalization;

namespace OrleansOrchestrator.Model.Quantities;

/// <summary>The suffixes of quantities: each stands for a power of ten or of two.</summary>
internal static class QuantitySuffix
{
    /// <summary>The largest power of ten with a letter: <c>E</c>.</summary>
    public const int DecimalExponentMax = 18;

    /// <summary>The largest power of 1024 with letters: <c>Ei</c>.</summary>
    public const int BinaryPowerMax = 6;

    private const string DecimalLetters = "num\0kMGTPE";
    private const string BinaryLetters = "KMGTPE";

    // More than any exponent of a quantity, and small enough that sums of exponents do not overflow.
    private const long ExponentClamp = 1_000_000;

    public static bool TryRead(ReadOnlySpan<byte> suffix, out int exponent, out QuantityFormat format)
    {
        exponent = 0;
        format = QuantityFormat.DecimalSI;
        switch (suffix)
        {
            case []:
                return true;
            case [var letter]:
                var index = DecimalLetters.IndexOf((char)letter);
                exponent = (index - 3) * 3;
                return index >= 0 && letter != 0;
            case [var letter, (byte)'i']:
                format = QuantityFormat.BinarySI;
                exponent = (BinaryLetters.IndexOf((char)letter) + 1) * 10;
                return exponent > 0;
            case [(byte)'e' or (byte)'E', ..]:
                format = QuantityFormat.DecimalExponent;
                if (!Utf8Parser.TryParse(suffix[1..], out long parsed, out var read) || read != suffix.Length - 1)
                    return false;
                exponent = (int)Math.Clamp(parsed, -ExponentClamp, ExponentClamp);
                return true;
            default:
                return false;
        }
    }

    public static string Decimal(int exponent) => exponent == 0 ? "" : DecimalLetters[(exponent / 3) + 3].ToString();

    public static string Binary(int power) => power == 0 ? "" : $"{BinaryLetters[power - 1]}i";

    public static string Exponent(int exponent) => exponent == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"e{exponent}");
}
