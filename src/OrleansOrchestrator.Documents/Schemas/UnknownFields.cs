using System.Globalization;
using System.Text.Json;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Documents.Schemas;

/// <summary>
/// Finds unknown and duplicate fields of a body; the counterpart of <see cref="StrictFields"/> for kinds without a model.
/// </summary>
internal static class UnknownFields
{
    /// <summary>The faults of a custom object's body in Kubernetes' words; empty if there are none.</summary>
    /// <exception cref="JsonException">The JSON is malformed.</exception>
    public static IReadOnlyList<string> Find(ReadOnlySpan<byte> json, StructuralSchema schema)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = ObjectCodec.DepthMax });
        reader.Read();
        var faults = new List<string>();
        ReadValue(ref reader, schema, "", isResource: true, faults);
        return faults;
    }

    private static void ReadValue(ref Utf8JsonReader reader, StructuralSchema schema, string path, bool isResource, List<string> faults)
    {
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            ReadObject(ref reader, schema, path, isResource || schema.IsEmbeddedResource, faults);
        }
        else if (reader.TokenType == JsonTokenType.StartArray)
        {
            for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
            {
                ReadValue(ref reader, schema.Items ?? StructuralSchema.Anything, string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]"),
                    isResource: false, faults);
            }
        }
    }

    private static void ReadObject(ref Utf8JsonReader reader, StructuralSchema schema, string path, bool isResource, List<string> faults)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            var at = path.Length == 0 ? name : $"{path}.{name}";
            if (!seen.Add(name))
                StrictFields.Add(faults, $"duplicate field \"{at}\"");
            reader.Read();
            if (isResource && name is "metadata")
                ReadMetadata(ref reader, at, faults);
            else if (isResource && name is "apiVersion" or "kind")
                reader.Skip();
            else if (schema.FieldOf(name) is { } field)
                ReadValue(ref reader, field, at, isResource: false, faults);
            else if (schema.PreservesUnknownFields)
                ReadValue(ref reader, StructuralSchema.Anything, at, isResource: false, faults);
            else
                Skip(ref reader, at, faults);
        }
    }

    private static void Skip(ref Utf8JsonReader reader, string at, List<string> faults)
    {
        StrictFields.Add(faults, $"unknown field \"{at}\"");
        reader.Skip();
    }

    private static void ReadMetadata(ref Utf8JsonReader reader, string at, List<string> faults)
    {
        var inner = new List<string>();
        StrictFields.Read(ref reader, typeof(k8s.Models.V1ObjectMeta), at, inner);
        foreach (var fault in inner)
            StrictFields.Add(faults, fault);
    }
}
