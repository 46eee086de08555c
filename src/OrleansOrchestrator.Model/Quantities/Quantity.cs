using System.Buffers;
using System.Text;
using k8s.Models;

namespace OrleansOrchestrator.Model.Quantities;

/// <summary>
/// An amount of a resource, such as <c>250m</c> processors or <c>64Mi</c> of memory: an exact number with its suffix format. Two
/// quantities are equal if their numbers are, however they are written.
/// </summary>
/// <remarks>
/// See "Quantity" in the Kubernetes API reference. Arithmetic never overflows and never rounds: numbers beyond 64 bits cost
/// an allocation, all others none.
/// </remarks>
public readonly struct Quantity : IEquatable<Quantity>, IComparable<Quantity>
{
    private const int MilliScale = -3;

    private readonly ExactDecimal _number;

    private Quantity(ExactDecimal number, QuantityFormat format)
    {
        _number = number;
        Format = format;
    }

    /// <summary>The zero quantity.</summary>
    public static Quantity Zero => default;

    /// <summary>The suffix format.</summary>
    public QuantityFormat Format { get; }

    /// <summary>The sign: minus one, zero or one.</summary>
    public int Sign => _number.Sign;

    /// <summary>Whether it is zero.</summary>
    public bool IsZero => Sign == 0;

    /// <summary>The amount in whole units, rounded away from zero and limited to the range of the type.</summary>
    public long Value => _number.SaturatedTo(0);

    /// <summary>The amount in thousandths, rounded away from zero and limited to the range of the type.</summary>
    public long MilliValue => _number.SaturatedTo(MilliScale);

    /// <summary>The amount as the nearest floating-point number, or one beside it.</summary>
    public double DoubleValue => _number.Scale < 0 ? (double)_number.Mantissa / Math.Pow(10, -_number.Scale) : (double)_number.Mantissa * Math.Pow(10, _number.Scale);

    /// <summary>Makes a quantity of whole units.</summary>
    public static Quantity FromValue(long value, QuantityFormat format = QuantityFormat.DecimalSI) => new(ExactDecimal.From(value, 0), format);

    /// <summary>Makes a quantity of thousandths.</summary>
    public static Quantity FromMilliValue(long value, QuantityFormat format = QuantityFormat.DecimalSI) => new(ExactDecimal.From(value, MilliScale), format);

    /// <summary>Converts the quantity of an API object; null is zero.</summary>
    /// <exception cref="QuantityException">Its text is malformed.</exception>
    public static Quantity From(ResourceQuantity? quantity) => quantity switch
    {
        null => Zero,
        ParsedQuantity parsed => parsed.Number,
        _ => Parse(quantity.ToString()),
    };

    /// <summary>Parses a quantity.</summary>
    /// <exception cref="QuantityException">The text is malformed.</exception>
    public static Quantity Parse(ReadOnlySpan<char> text)
    {
        var fault = Read(text, out var quantity);
        return fault switch
        {
            QuantityFault.None => quantity,
            QuantityFault.Numeric => throw new QuantityException("unable to parse numeric part of quantity"),
            QuantityFault.Suffix => throw new QuantityException("unable to parse quantity's suffix"),
            _ => throw new QuantityException(
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"),
        };
    }

    /// <summary>Parses a quantity.</summary>
    /// <returns>Whether the text is a quantity.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out Quantity quantity) => Read(text, out quantity) == QuantityFault.None;

    /// <summary>Parses a quantity in UTF-8: the content of a JSON string, or a JSON number.</summary>
    /// <returns>Whether the text is a quantity.</returns>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out Quantity quantity) => Read(utf8, out quantity) == QuantityFault.None;

    /// <summary>The sum, in the format of the left side, or of the right if the left is zero.</summary>
    public static Quantity operator +(Quantity left, Quantity right) => new(left._number + right._number, left.IsZero ? right.Format : left.Format);

    /// <summary>The difference, in the format of the left side, or of the right if the left is zero.</summary>
    public static Quantity operator -(Quantity left, Quantity right) => left + -right;

    /// <summary>The negated amount.</summary>
    public static Quantity operator -(Quantity quantity) => new(-quantity._number, quantity.Format);

    /// <summary>Whether two amounts are equal.</summary>
    public static bool operator ==(Quantity left, Quantity right) => left.Equals(right);

    /// <summary>Whether two amounts differ.</summary>
    public static bool operator !=(Quantity left, Quantity right) => !left.Equals(right);

    /// <summary>Whether the left amount is less.</summary>
    public static bool operator <(Quantity left, Quantity right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left amount is more.</summary>
    public static bool operator >(Quantity left, Quantity right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left amount is not more.</summary>
    public static bool operator <=(Quantity left, Quantity right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left amount is not less.</summary>
    public static bool operator >=(Quantity left, Quantity right) => left.CompareTo(right) >= 0;

    /// <summary>The larger of two.</summary>
    public static Quantity Max(Quantity left, Quantity right) => left < right ? right : left;

    /// <summary>The smaller of two.</summary>
    public static Quantity Min(Quantity left, Quantity right) => right < left ? right : left;

    /// <inheritdoc/>
    public int CompareTo(Quantity other) => _number.CompareTo(other._number);

    /// <inheritdoc/>
    public bool Equals(Quantity other) => _number.Equals(other._number);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Quantity other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _number.GetHashCode();

    /// <summary>The quantity for an API object.</summary>
    public ResourceQuantity ToResourceQuantity() => ParsedQuantity.Of(this);

    /// <summary>The canonical form, which parses back to an equal quantity: no fraction, and the largest exact suffix.</summary>
    public override string ToString() => QuantityText.Format(_number, Format);

    private static QuantityFault Read(ReadOnlySpan<char> text, out Quantity quantity)
    {
        quantity = default;
        if (text.Length > QuantityParser.DigitsMax)
            return QuantityFault.Format;
        Span<byte> ascii = stackalloc byte[text.Length];
        return Ascii.FromUtf16(text, ascii, out _) == OperationStatus.Done ? Read(ascii, out quantity) : QuantityFault.Format;
    }

    private static QuantityFault Read(ReadOnlySpan<byte> text, out Quantity quantity)
    {
        var fault = QuantityParser.TryParse(text, out var number, out var format);
        quantity = fault == QuantityFault.None ? new(number, format) : default;
        return fault;
    }
}
