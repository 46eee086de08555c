using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using k8s.Models;

namespace OrleansOrchestrator.Model.Codec;

/// <summary>
/// Times with microseconds. They always have six digits, even for a whole second, because Go's clients require them. The models do not
/// distinguish them from other times.
/// </summary>
internal sealed class MicroTimeConverter : TimeConverter
{
    private static readonly FrozenSet<(Type, string)> Fields = new[]
    {
        (typeof(V1LeaseSpec), "acquireTime"),
        (typeof(V1LeaseSpec), "renewTime"),
        (typeof(Corev1Event), "eventTime"),
        (typeof(Corev1EventSeries), "lastObservedTime"),
        (typeof(Eventsv1Event), "eventTime"),
        (typeof(Eventsv1EventSeries), "lastObservedTime"),
    }.ToFrozenSet();

    /// <summary>Whether a model's field is such a time.</summary>
    public static bool IsMicroTime(Type model, string field) => Fields.Contains((model, field));

    /// <summary>Sets the converter in a type's contract.</summary>
    public static void Apply(JsonTypeInfo contract)
    {
        if (contract.Kind != JsonTypeInfoKind.Object)
            return;
        foreach (var property in contract.Properties)
        {
            if (IsMicroTime(contract.Type, property.Name))
                property.CustomConverter = property.PropertyType == typeof(DateTime) ? new MicroTimeConverter() : new OfOptional();
        }
    }

    public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options)
    {
        Span<byte> text = stackalloc byte["2006-01-02T15:04:05.000000Z".Length];
        Universal(value).TryFormat(text, out _, "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        writer.WriteStringValue(text);
    }

    private sealed class OfOptional : JsonConverter<DateTime?>
    {
        private static readonly MicroTimeConverter Inner = new();

        public override DateTime? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            Inner.Read(ref reader, typeof(DateTime), options);

        public override void Write(Utf8JsonWriter writer, DateTime? value, JsonSerializerOptions options) => Inner.Write(writer, value!.Value, options);
    }
}
