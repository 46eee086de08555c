using System.Globalization;
using System.Numerics;
using CsCheck;
using OrleansOrchestrator.Model.Quantities;

namespace OrleansOrchestrator.Model.Tests.Quantities;

/// <summary>Quantities against rational arithmetic: every number is counted in units of 10⁻⁹, as an integer of any size.</summary>
public sealed class QuantityPropertyTests
{
    private static readonly BigInteger Nanos = BigInteger.Pow(10, 9);

    private static readonly (string Suffix, BigInteger Factor)[] DecimalSuffixes =
    [
        ("n", 1), ("u", 1000), ("m", 1_000_000), ("", Nanos), ("k", Nanos * 1000), ("M", Nanos * 1_000_000), ("G", Nanos * Nanos),
        ("T", Nanos * Nanos * 1000), ("P", BigInteger.Pow(10, 24)), ("E", BigInteger.Pow(10, 27)), ("e-3", 1_000_000), ("e7", BigInteger.Pow(10, 16)),
        ("E25", BigInteger.Pow(10, 34)),
    ];

    private static readonly (string Suffix, BigInteger Factor)[] BinarySuffixes =
        [.. new[] { "Ki", "Mi", "Gi", "Ti", "Pi", "Ei" }.Select((suffix, i) => (suffix, Nanos << (10 * (i + 1))))];

    private static readonly Gen<string> Digits = Gen.Frequency(
        (6, Gen.Long[0, 99_999].Select(number => number.ToString(CultureInfo.InvariantCulture))),
        (2, Gen.Long[0, long.MaxValue].Select(number => number.ToString(CultureInfo.InvariantCulture))),
        (1, Gen.Char['0', '9'].Array[15, 40].Select(digits => new string(digits))));

    private static readonly Gen<(string Text, BigInteger Nanos)> Sample =
        Gen.Select(Gen.OneOf("", "-", "+"), Digits, Gen.OneOf(Gen.Const(""), Digits), Gen.Int[0, DecimalSuffixes.Length + BinarySuffixes.Length - 1])
            .Select((sign, whole, fraction, suffix) => Make(sign, whole, fraction, suffix));

    [Fact]
    public void Parse_AnyQuantity_IsTheExactNumber() => Sample.Sample(sample =>
        NanosOf(Quantity.Parse(sample.Text)).ShouldBe(sample.Nanos));

    [Fact]
    public void ToString_AnyQuantity_ParsesBackAndIsItsOwnCanonicalForm() => Sample.Sample(sample =>
    {
        var canonical = Quantity.Parse(sample.Text).ToString();
        canonical.ShouldNotContain(".");
        Quantity.Parse(canonical).ShouldBe(Quantity.Parse(sample.Text));
        Quantity.Parse(canonical).ToString().ShouldBe(canonical);
    });

    [Fact]
    public void Arithmetic_AnyTwoQuantities_AgreesWithIntegers() => Gen.Select(Sample, Sample).Sample((left, right) =>
    {
        var a = Quantity.Parse(left.Text);
        var b = Quantity.Parse(right.Text);
        NanosOf(a + b).ShouldBe(left.Nanos + right.Nanos);
        NanosOf(a - b).ShouldBe(left.Nanos - right.Nanos);
        NanosOf(-a).ShouldBe(-left.Nanos);
        Math.Sign(a.CompareTo(b)).ShouldBe(left.Nanos.CompareTo(right.Nanos));
        a.Equals(b).ShouldBe(left.Nanos == right.Nanos);
        a.Value.ShouldBe(Saturate(Divide(left.Nanos, Nanos)));
        a.MilliValue.ShouldBe(Saturate(Divide(left.Nanos, 1_000_000)));
    });

    private static (string Text, BigInteger Nanos) Make(string sign, string whole, string fraction, int suffixIndex)
    {
        var isBinary = suffixIndex >= DecimalSuffixes.Length;
        var (suffix, factor) = isBinary ? BinarySuffixes[suffixIndex - DecimalSuffixes.Length] : DecimalSuffixes[suffixIndex];
        var text = fraction.Length == 0 ? $"{sign}{whole}{suffix}" : $"{sign}{whole}.{fraction}{suffix}";
        var digits = BigInteger.Parse(whole + fraction, CultureInfo.InvariantCulture);
        var nanos = Divide(digits * factor, BigInteger.Pow(10, fraction.Length));
        if (isBinary)
            nanos = BigInteger.Min(nanos, long.MaxValue * Nanos);
        return (text, sign == "-" ? -nanos : nanos);
    }

    /// <summary>Reads the canonical text with nothing but integers.</summary>
    private static BigInteger NanosOf(Quantity quantity)
    {
        var text = quantity.ToString();
        var digits = text.TrimEnd([.. "numkKMGTPEie0123456789-"]).Length == 0 ? text[..NumberLength(text)] : throw new InvalidOperationException(text);
        var suffix = text[digits.Length..];
        var factor = suffix.StartsWith('e')
            ? BigInteger.Pow(10, 9 + int.Parse(suffix[1..], CultureInfo.InvariantCulture))
            : DecimalSuffixes.Concat(BinarySuffixes).Single(known => known.Suffix == suffix).Factor;
        return BigInteger.Parse(digits, CultureInfo.InvariantCulture) * factor;
    }

    private static int NumberLength(string text)
    {
        var length = text[0] == '-' ? 1 : 0;
        while (length < text.Length && char.IsAsciiDigit(text[length]))
            length++;
        return length;
    }

    private static BigInteger Divide(BigInteger value, BigInteger divisor)
    {
        var quotient = BigInteger.DivRem(value, divisor, out var rest);
        return rest.IsZero ? quotient : quotient + rest.Sign;
    }

    private static long Saturate(BigInteger value) => (long)BigInteger.Clamp(value, long.MinValue, long.MaxValue);
}
