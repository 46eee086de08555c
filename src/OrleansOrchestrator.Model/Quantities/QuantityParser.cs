using System.Diagnostics;
using System.Globalization;
using System.Numerics;

namespace OrleansOrchestrator.Model.Quantities;

/// <summary>
/// Reads quantities:
/// <code>
/// quantity = [ "+" | "-" ] ( digits [ "." [ digits ] ] | "." digits ) suffix
/// suffix   = "" | n | u | m | k | M | G | T | P | E | Ki | Mi | Gi | Ti | Pi | Ei | ("e" | "E") integer
/// </code>
/// </summary>
/// <remarks>
/// As in k8s.io/apimachinery/pkg/api/resource, a number finer than 10⁻⁹ is rounded away from zero, and one with a binary suffix is
/// limited to less than 2⁶³. Upstream accepts text without a digit (<c>m</c>, <c>-</c>) as zero; it is refused here, following the
/// documented grammar. A number is limited to <see cref="DigitsMax"/> digits; upstream has no limit.
/// </remarks>
internal static class QuantityParser
{
    /// <summary>The most digits of a quantity in full, and the most characters of its text.</summary>
    public const int DigitsMax = 1000;

    private const int NanoScale = -9;

    // Eighteen digits always fit a long.
    private const int NarrowDigitsMax = 18;

    public static QuantityFault TryParse(ReadOnlySpan<byte> text, out ExactDecimal number, out QuantityFormat format)
    {
        number = default;
        format = QuantityFormat.DecimalSI;
        if (text.Length is 0 or > DigitsMax)
            return QuantityFault.Format;

        var isNegative = text[0] == '-';
        var unsigned = text[0] is (byte)'-' or (byte)'+' ? text[1..] : text;
        var whole = LeadingDigits(unsigned);
        var rest = unsigned[whole.Length..];
        ReadOnlySpan<byte> fraction = [];
        if (rest is [(byte)'.', ..])
        {
            fraction = LeadingDigits(rest[1..]);
            rest = rest[(1 + fraction.Length)..];
        }

        if (whole.IsEmpty && fraction.IsEmpty)
            return QuantityFault.Format;
        if (!IsSuffixShaped(rest))
            return QuantityFault.Format;
        if (!QuantitySuffix.TryRead(rest, out var exponent, out format))
            return QuantityFault.Suffix;
        if (!TryMagnitude(whole, fraction, exponent, format, out number))
            return QuantityFault.Numeric;

        // A binary suffix would round a number below one up to one.
        if (format == QuantityFormat.BinarySI && number.Sign > 0 && number.CompareTo(ExactDecimal.From(1, 0)) < 0)
            format = QuantityFormat.DecimalSI;
        if (isNegative)
            number = -number;
        return QuantityFault.None;
    }

    private static bool TryMagnitude(
        ReadOnlySpan<byte> whole, ReadOnlySpan<byte> fraction, int exponent, QuantityFormat format, out ExactDecimal number)
    {
        var isBinary = format == QuantityFormat.BinarySI;
        var scale = (isBinary ? 0 : exponent) - fraction.Length;
        var shift = isBinary ? exponent : 0;
        whole = whole.TrimStart((byte)'0');
        if (whole.Length + fraction.Length <= NarrowDigitsMax)
        {
            var mantissa = Digits(whole, fraction);
            number = mantissa <= long.MaxValue >> shift ? ExactDecimal.From(mantissa << shift, scale) : ExactDecimal.From((BigInteger)mantissa << shift, scale);
        }
        else
        {
            number = ExactDecimal.From(WideDigits(whole, fraction) << shift, scale);
        }

        if (number.Scale > DigitsMax)
            return false;
        if (number.Scale < NanoScale)
            number = number.Scale < -2 * DigitsMax ? ExactDecimal.From(1, NanoScale) : number.RoundedTo(NanoScale);
        if (isBinary && number.CompareTo(ExactDecimal.From(long.MaxValue, 0)) > 0)
            number = ExactDecimal.From(long.MaxValue, 0);
        return true;
    }

    private static ReadOnlySpan<byte> LeadingDigits(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return end < 0 ? text : text[..end];
    }

    // The characters that the documented expression allows after the number, valid or not.
    private static bool IsSuffixShaped(ReadOnlySpan<byte> suffix)
    {
        var rest = suffix.TrimStart("eEinumkKMGTP"u8);
        if (rest is [(byte)'-' or (byte)'+', ..])
            rest = rest[1..];
        return LeadingDigits(rest).Length == rest.Length;
    }

    private static long Digits(ReadOnlySpan<byte> whole, ReadOnlySpan<byte> fraction)
    {
        var value = 0L;
        foreach (var digit in whole)
            value = (value * 10) + (digit - '0');
        foreach (var digit in fraction)
            value = (value * 10) + (digit - '0');
        return value;
    }

    private static BigInteger WideDigits(ReadOnlySpan<byte> whole, ReadOnlySpan<byte> fraction)
    {
        Span<char> digits = stackalloc char[DigitsMax];
        var length = 0;
        foreach (var digit in whole)
            digits[length++] = (char)digit;
        foreach (var digit in fraction)
            digits[length++] = (char)digit;
        Debug.Assert(length > NarrowDigitsMax, "short numbers are read without a BigInteger");
        return BigInteger.Parse(digits[..length], NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
