using System.Text;
using System.Text.Json;

namespace OrleansOrchestrator.Model.Selectors;

/// <summary>
/// Reads label keys and values from JSON and shares equal strings: the pods of one template have the same few strings, and a hundred
/// thousand copies of them would be most of the labels' memory.
/// </summary>
/// <remarks>
/// The cache is a bounded table that newer strings overwrite. Its slots are used without a lock: a race only costs a second copy of a
/// string.
/// </remarks>
internal static class LabelText
{
    // Enough for the labels of many templates, in 32 KB of references.
    private const int SlotCount = 4096;
    // The longest value has 63 bytes, and most keys are shorter than this.
    private const int CachedBytesMax = 128;

    private static readonly string?[] Slots = new string?[SlotCount];

    public static string Read(ref Utf8JsonReader reader)
    {
        if (reader.HasValueSequence || reader.ValueIsEscaped || reader.ValueSpan.Length > CachedBytesMax)
            return reader.GetString()!;

        var utf8 = reader.ValueSpan;
        var hash = new HashCode();
        hash.AddBytes(utf8);
        ref var slot = ref Slots[(uint)hash.ToHashCode() % SlotCount];
        var cached = slot;
        if (cached is not null && Ascii.Equals(utf8, cached))
            return cached;
        var text = reader.GetString()!;
        slot = text;
        return text;
    }
}
