using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansOrchestrator.Model.Codec;

/// <summary>Times in JSON in RFC 3339: parsed as Go does, and written in UTC with whole seconds.</summary>
internal class TimeConverter : JsonConverter<DateTime>
{
    private static readonly int Bytes = "2006-01-02T15:04:05Z".Length;

    public sealed override bool HandleNull => true;

    public sealed override DateTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return default;
        if (reader.TokenType != JsonTokenType.String)
            throw new JsonException();
        // Nearly all times in objects are whole seconds in UTC.
        if (reader is { HasValueSequence: false, ValueIsEscaped: false }
            && reader.ValueSpan.Length == Bytes && reader.ValueSpan[^1] == (byte)'Z' && reader.TryGetDateTime(out var time))
        {
            return time;
        }

        var text = reader.GetString()!;
        return Rfc3339.TryParse(text, out time, out var fault) ? time : throw new JsonException(fault, new ValueFormatException(fault));
    }

    public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options)
    {
        Span<byte> text = stackalloc byte[Bytes];
        Universal(value).TryFormat(text, out var written, "s", CultureInfo.InvariantCulture);
        text[written] = (byte)'Z';
        writer.WriteStringValue(text);
    }

    /// <summary>A time without a zone is in UTC.</summary>
    protected static DateTime Universal(DateTime value) => value.Kind == DateTimeKind.Local ? value.ToUniversalTime() : value;
}
