using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansOrchestrator.Model.Codec;

/// <summary>
/// Times in JSON as RFC 3339 writes them. Those of whole seconds in UTC, which is what nearly every time in an object is, are read
/// and written as bytes; all others are left to the package, which goes by custom formats.
/// </summary>
/// <param name="general">The package's converter.</param>
internal sealed class TimeConverter(JsonConverter<DateTime> general) : JsonConverter<DateTime>
{
    private static readonly int Bytes = "2006-01-02T15:04:05Z".Length;

    public override DateTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader is { TokenType: JsonTokenType.String, HasValueSequence: false, ValueIsEscaped: false }
        && reader.ValueSpan.Length == Bytes && reader.ValueSpan[^1] == (byte)'Z' && reader.TryGetDateTime(out var time)
            ? time
            : general.Read(ref reader, typeToConvert, options);

    public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options)
    {
        Span<byte> text = stackalloc byte[Bytes];
        if (value.Kind == DateTimeKind.Local || value.Ticks % TimeSpan.TicksPerSecond != 0
            || !value.TryFormat(text, out var written, "s", CultureInfo.InvariantCulture))
        {
            general.Write(writer, value, options);
            return;
        }

        text[written] = (byte)'Z';
        writer.WriteStringValue(text);
    }
}
