using System.Diagnostics;
using System.Numerics;

namespace OrleansOrchestrator.Model.Quantities;

/// <summary>
/// An exact decimal number: mantissa × 10^scale. The mantissa is a <see cref="long"/> if it fits, which is nearly always, otherwise a
/// <see cref="BigInteger"/>. It has no factor of ten (zero has scale zero), so that every number has one representation: for example
/// 1500 is 15 × 10².
/// </summary>
internal readonly struct ExactDecimal : IEquatable<ExactDecimal>
{
    // The most powers of ten by which any long can be scaled within 128 bits.
    private const int NarrowShiftMax = 18;

    private readonly long _mantissa;
    private readonly object? _wideMantissa;

    private ExactDecimal(long mantissa, object? wideMantissa, int scale)
    {
        _mantissa = mantissa;
        _wideMantissa = wideMantissa;
        Scale = scale;
    }

    /// <summary>The power of ten.</summary>
    public int Scale { get; }

    public BigInteger Mantissa => _wideMantissa is BigInteger wide ? wide : _mantissa;

    public int Sign => _wideMantissa is BigInteger wide ? wide.Sign : Math.Sign(_mantissa);

    public static ExactDecimal From(long mantissa, int scale)
    {
        if (mantissa == 0)
            return default;
        while (mantissa % 10 == 0)
        {
            mantissa /= 10;
            scale++;
        }

        return new(mantissa, null, scale);
    }

    public static ExactDecimal From(BigInteger mantissa, int scale)
    {
        while (mantissa < long.MinValue || mantissa > long.MaxValue)
        {
            var shorter = BigInteger.DivRem(mantissa, 10, out var digit);
            if (!digit.IsZero)
                return new(0, mantissa, scale);
            mantissa = shorter;
            scale++;
        }

        return From((long)mantissa, scale);
    }

    /// <summary>The number as an integer times 10^<paramref name="scale"/>, rounded away from zero.</summary>
    public BigInteger ScaledTo(int scale)
    {
        if (Scale >= scale)
            return Mantissa * BigInteger.Pow(10, Scale - scale);
        var quotient = BigInteger.DivRem(Mantissa, BigInteger.Pow(10, scale - Scale), out var rest);
        return rest.IsZero ? quotient : quotient + Sign;
    }

    /// <summary>The same, limited to the range of a <see cref="long"/>.</summary>
    public long SaturatedTo(int scale)
    {
        if (_wideMantissa is null && Scale - scale is > -NarrowShiftMax and <= NarrowShiftMax)
        {
            if (Scale >= scale)
                return Saturate(_mantissa * (Int128)PowerOfTen(Scale - scale));
            var (quotient, rest) = Math.DivRem(_mantissa, PowerOfTen(scale - Scale));
            return rest == 0 ? quotient : quotient + Math.Sign(_mantissa);
        }

        var value = ScaledTo(scale);
        if (value > long.MaxValue)
            return long.MaxValue;
        return value < long.MinValue ? long.MinValue : (long)value;
    }

    /// <summary>The number rounded away from zero to a multiple of 10^<paramref name="scale"/>.</summary>
    public ExactDecimal RoundedTo(int scale) => Scale >= scale ? this : From(ScaledTo(scale), scale);

    public int CompareTo(ExactDecimal other)
    {
        if (Scale == other.Scale && _wideMantissa is null && other._wideMantissa is null)
            return _mantissa.CompareTo(other._mantissa);
        if (Sign != other.Sign)
            return Sign.CompareTo(other.Sign);
        var scale = Math.Min(Scale, other.Scale);
        if (TryAlign(scale, out var left) && other.TryAlign(scale, out var right))
            return left.CompareTo(right);
        return ScaledTo(scale).CompareTo(other.ScaledTo(scale));
    }

    public static ExactDecimal operator +(ExactDecimal left, ExactDecimal right)
    {
        var scale = Math.Min(left.Scale, right.Scale);
        if (left.TryAlign(scale, out var narrowLeft) && right.TryAlign(scale, out var narrowRight))
        {
            var sum = narrowLeft + narrowRight;
            return sum >= long.MinValue && sum <= long.MaxValue ? From((long)sum, scale) : From((BigInteger)sum, scale);
        }

        return From(left.ScaledTo(scale) + right.ScaledTo(scale), scale);
    }

    // The negation of the lowest long does not fit a long.
    public static ExactDecimal operator -(ExactDecimal number) => number._wideMantissa is null && number._mantissa != long.MinValue
        ? new(-number._mantissa, null, number.Scale)
        : From(-number.Mantissa, number.Scale);

    public bool Equals(ExactDecimal other) => Scale == other.Scale && _mantissa == other._mantissa && Equals(_wideMantissa, other._wideMantissa);

    public override bool Equals(object? obj) => obj is ExactDecimal other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_mantissa, _wideMantissa, Scale);

    public static long PowerOfTen(int exponent)
    {
        Debug.Assert(exponent is >= 0 and <= NarrowShiftMax, "10^18 is the largest power of ten in a long");
        var power = 1L;
        for (var i = 0; i < exponent; i++)
            power *= 10;
        return power;
    }

    private bool TryAlign(int scale, out Int128 mantissa)
    {
        var isNarrow = _wideMantissa is null && Scale - scale <= NarrowShiftMax;
        mantissa = isNarrow ? _mantissa * (Int128)PowerOfTen(Scale - scale) : 0;
        return isNarrow;
    }

    private static long Saturate(Int128 value)
    {
        if (value > long.MaxValue)
            return long.MaxValue;
        return value < long.MinValue ? long.MinValue : (long)value;
    }
}
