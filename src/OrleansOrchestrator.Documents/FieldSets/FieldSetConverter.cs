using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansOrchestrator.Documents.FieldSets;

/// <summary>Reads and writes a field set within an entry of <c>metadata.managedFields</c>.</summary>
internal sealed class FieldSetConverter : JsonConverter<FieldSet>
{
    public override FieldSet Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        FieldSetJson.Read(JsonElement.ParseValue(ref reader));

    public override void Write(Utf8JsonWriter writer, FieldSet value, JsonSerializerOptions options) => FieldSetJson.Write(writer, value);
}
