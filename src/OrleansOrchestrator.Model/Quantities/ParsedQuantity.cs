using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using k8s.Models;

namespace OrleansOrchestrator.Model.Quantities;

/// <summary>
/// The quantity of an API object whose number and canonical text are worked out once. The package's own type works with
/// fractions of unbounded integers, which takes microseconds each time that one is read, compared or written.
/// </summary>
/// <remarks>Immutable, so that all objects that say the same share one: <c>100m</c> and <c>64Mi</c> are in nearly every pod.</remarks>
internal sealed class ParsedQuantity : ResourceQuantity
{
    private const int KnownMax = 4096;
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

    /// <summary>Reads a quantity.</summary>
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
        // Amounts that somebody measures differ each time: those must not fill the memory, nor keep others out for ever.
        if (Known.Count >= KnownMax)
            Known.Clear();
        KnownTexts[text] = quantity;
        return quantity;
    }
}
