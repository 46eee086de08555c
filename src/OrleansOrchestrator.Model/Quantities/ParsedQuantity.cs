using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using k8s.Models;

namespace OrleansOrchestrator.Model.Quantities;

/// <summary>
/// An API object's quantity whose number and canonical text are computed once. The package's own type uses fractions of unbounded
/// integers, which takes microseconds for each parse, comparison or write.
/// </summary>
/// <remarks>Immutable, so that equal quantities share one instance: <c>100m</c> and <c>64Mi</c> are in nearly every pod.</remarks>
internal sealed class ParsedQuantity : ResourceQuantity
{
    // Far more than the distinct quantities that people write; a few hundred kilobytes.
    private const int KnownMax = 4096;
    // Longer texts are rare, and not worth a place.
    private const int KnownLengthMax = 32;

    private static readonly ConcurrentDictionary<string, ParsedQuantity> Known = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, ParsedQuantity>.AlternateLookup<ReadOnlySpan<char>> KnownTexts =
        Known.GetAlternateLookup<ReadOnlySpan<char>>();

    private readonly string _text;

    private ParsedQuantity(Quantity number, string text)
        : base(text)
    {
        Number = number;
        _text = text;
    }

    public Quantity Number { get; }

    /// <summary>Parses a quantity.</summary>
    /// <exception cref="QuantityException">The text is malformed.</exception>
    public static ParsedQuantity Read(ReadOnlySpan<byte> utf8)
    {
        Span<char> text = stackalloc char[KnownLengthMax];
        if (utf8.Length > KnownLengthMax || Ascii.ToUtf16(utf8, text, out var length) != OperationStatus.Done)
            return Of(Quantity.Parse(Encoding.UTF8.GetString(utf8)));
        text = text[..length];
        return KnownTexts.TryGetValue(text, out var known) ? known : Remember(text, Of(Quantity.Parse(text)));
    }

    public static ParsedQuantity Of(Quantity number) => new(number, number.ToString());

    public override string ToString() => _text;

    private static ParsedQuantity Remember(ReadOnlySpan<char> text, ParsedQuantity quantity)
    {
        // Measured amounts differ each time: they must neither fill the memory nor exclude others for ever.
        if (Known.Count >= KnownMax)
            Known.Clear();
        KnownTexts[text] = quantity;
        return quantity;
    }
}
