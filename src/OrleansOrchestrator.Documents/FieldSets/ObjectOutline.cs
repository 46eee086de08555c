using System.Text.Json;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Documents.FieldSets;

/// <summary>
/// The part of an object that determines its field set: its structure, names, and the values in its lists, some of which are keys. It
/// omits other values, so that objects from one template have the same outline.
/// </summary>
internal static class ObjectOutline
{
    // UTF-8 text has no bytes from here on, so that outlines are unambiguous.
    private const byte FirstMarker = 0xF8;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = ObjectCodec.DepthMax };

    /// <summary>Writes the outline of an object.</summary>
    /// <param name="json">The object as encoded by this codec.</param>
    /// <param name="outline">Receives the outline.</param>
    /// <returns>Its length; -1 if the buffer is too small.</returns>
    public static int Write(ReadOnlySpan<byte> json, Span<byte> outline)
    {
        var reader = new Utf8JsonReader(json, Options);
        var (length, lists) = (0, 0);
        while (reader.Read())
        {
            lists += reader.TokenType switch
            {
                JsonTokenType.StartArray => 1,
                JsonTokenType.EndArray => -1,
                _ => 0,
            };
            var text = reader.TokenType == JsonTokenType.PropertyName || (lists > 0 && IsScalar(reader.TokenType)) ? reader.ValueSpan : default;
            if (length + text.Length + 1 > outline.Length)
                return -1;
            outline[length++] = MarkerOf(reader.TokenType);
            text.CopyTo(outline[length..]);
            length += text.Length;
        }

        return length;
    }

    private static bool IsScalar(JsonTokenType token) => token >= JsonTokenType.String;

    private static byte MarkerOf(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => FirstMarker,
        JsonTokenType.EndObject => FirstMarker + 1,
        JsonTokenType.StartArray => FirstMarker + 2,
        JsonTokenType.EndArray => FirstMarker + 3,
        JsonTokenType.PropertyName => FirstMarker + 4,
        JsonTokenType.String => FirstMarker + 5,
        JsonTokenType.Null => FirstMarker + 6,
        _ => FirstMarker + 7,
    };
}
