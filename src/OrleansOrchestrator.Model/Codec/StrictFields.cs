using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OrleansOrchestrator.Model.Codec;

/// <summary>
/// Finds unknown and duplicate fields of a body, which <c>fieldValidation</c> warns of or refuses. It reads the JSON once along the
/// model's own contract, without building the model.
/// </summary>
public static class StrictFields
{
    /// <summary>The most faults to report: a body with more is wrong in another way.</summary>
    public const int FaultsMax = 100;

    private static readonly ConcurrentDictionary<Type, Dictionary<string, Type>?> PropertiesOf = new();

    /// <summary>The faults of a body in Kubernetes' words, such as <c>unknown field "spec.foo"</c>; empty if there are none.</summary>
    /// <exception cref="JsonException">The JSON is malformed.</exception>
    public static IReadOnlyList<string> Find(ReadOnlySpan<byte> json, Type type)
    {
        if (FieldContract.Of(type).Fits(json))
            return [];
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = ObjectCodec.DepthMax });
        reader.Read();
        var faults = new List<string>();
        Read(ref reader, type, "", faults);
        return faults;
    }

    /// <summary>Checks the value at the reader.</summary>
    public static void Read(ref Utf8JsonReader reader, Type type, string path, List<string> faults)
    {
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
            return;
        var contract = ObjectCodec.Options.GetTypeInfo(type);
        if (reader.TokenType == JsonTokenType.StartArray && contract.Kind == JsonTypeInfoKind.Enumerable)
            ReadArray(ref reader, contract.ElementType!, path, faults);
        else if (reader.TokenType == JsonTokenType.StartObject && contract.Kind == JsonTypeInfoKind.Object)
            ReadObject(ref reader, type, path, faults);
        else if (reader.TokenType == JsonTokenType.StartObject && contract.Kind == JsonTypeInfoKind.Dictionary)
            ReadDictionary(ref reader, contract.ElementType!, path, faults);
        else
            reader.Skip();
    }

    private static void ReadArray(ref Utf8JsonReader reader, Type elementType, string path, List<string> faults)
    {
        for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
            Read(ref reader, elementType, string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]"), faults);
    }

    private static void ReadObject(ref Utf8JsonReader reader, Type type, string path, List<string> faults)
    {
        var properties = PropertiesOf.GetOrAdd(type, ReadContract);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            var at = path.Length == 0 ? name : $"{path}.{name}";
            if (!seen.Add(name))
                Add(faults, $"duplicate field \"{at}\"");
            reader.Read();
            if (properties is null)
            {
                reader.Skip();
            }
            else if (properties.TryGetValue(name, out var propertyType))
            {
                Read(ref reader, propertyType, at, faults);
            }
            else
            {
                Add(faults, $"unknown field \"{at}\"");
                reader.Skip();
            }
        }
    }

    private static void ReadDictionary(ref Utf8JsonReader reader, Type valueType, string path, List<string> faults)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            var at = $"{path}.{name}";
            if (!seen.Add(name))
                Add(faults, $"duplicate field \"{at}\"");
            reader.Read();
            Read(ref reader, valueType, at, faults);
        }
    }

    private static Dictionary<string, Type>? ReadContract(Type type)
    {
        var properties = ObjectCodec.Options.GetTypeInfo(type).Properties;
        return type == typeof(object) || properties.Any(property => property.IsExtensionData)
            ? null
            : properties.ToDictionary(property => property.Name, property => property.PropertyType, StringComparer.Ordinal);
    }

    /// <summary>Adds a fault unless it is already there or there are too many.</summary>
    public static void Add(List<string> faults, string fault)
    {
        if (faults.Count < FaultsMax && !faults.Contains(fault, StringComparer.Ordinal))
            faults.Add(fault);
    }
}
