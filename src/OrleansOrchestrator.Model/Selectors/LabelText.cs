using System.Text;
using System.Text.Json;

namespace OrleansOrchestrator.Model.Selectors;

/// <summary>
/// Reads label keys and values from JSON and shares equal ones: the pods of one template carry the same few strings, and a
/// hundred thousand copies of them would be most of what the labels cost.
/// </summary>
/// <remarks>
/// The cache is a bounded table that newer strings overwrite. Its slots are read and written without a lock: a race only
/// costs a second copy of a string.
/// </remarks>
internal static class LabelText
{
    private const int SlotCount = 4096;
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
