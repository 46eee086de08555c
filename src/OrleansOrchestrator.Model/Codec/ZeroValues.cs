using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using k8s.Models;
using OrleansOrchestrator.Model.Quantities;

namespace OrleansOrchestrator.Model.Codec;

/// <summary>
/// Decodes null as the zero value of its type like Go: an empty text, an empty object, zero. An optional field is then missing. An
/// element of a list or map cannot be, so that it becomes the zero value: decoded lists and maps never contain null.
/// </summary>
internal static class ZeroValues
{
    /// <summary>Adds the rule to serialization options.</summary>
    public static void AddTo(JsonSerializerOptions options)
    {
        options.Converters.Add(new ZeroOfNull<int>(JsonMetadataServices.Int32Converter));
        options.Converters.Add(new ZeroOfNull<long>(JsonMetadataServices.Int64Converter));
        options.Converters.Add(new ZeroOfNull<double>(JsonMetadataServices.DoubleConverter));
        options.Converters.Add(new ZeroOfNull<bool>(JsonMetadataServices.BooleanConverter));
        options.TypeInfoResolver = options.TypeInfoResolver!.WithAddedModifier(static contract =>
        {
            if (contract is { Kind: JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary, ElementType: { } element })
                contract.OnDeserialized = FillerOf(contract.Kind, element, contract.Options);
        });
    }

    private static Action<object>? FillerOf(JsonTypeInfoKind kind, Type element, JsonSerializerOptions options)
    {
        // Null is a valid value of an element of any JSON.
        if (element == typeof(object) || (element.IsValueType && Nullable.GetUnderlyingType(element) is null))
            return null;
        var filler = (Filler)Activator.CreateInstance(typeof(Filler<>).MakeGenericType(element), options)!;
        return kind == JsonTypeInfoKind.Enumerable ? filler.FillList : filler.FillMap;
    }

    private abstract class Filler
    {
        public abstract void FillList(object list);

        public abstract void FillMap(object map);
    }

    /// <summary>Replaces nulls by zero values.</summary>
    private sealed class Filler<T>(JsonSerializerOptions options) : Filler
    {
        public override void FillList(object list)
        {
            if (list is List<T> elements)
            {
                foreach (ref var element in CollectionsMarshal.AsSpan(elements))
                    element ??= Zero();
            }
            else if (list is T[] array)
            {
                foreach (ref var element in array.AsSpan())
                    element ??= Zero();
            }
        }

        public override void FillMap(object map)
        {
            if (map is not Dictionary<string, T> entries)
                return;
            List<string>? nulls = null;
            foreach (var (name, value) in entries)
            {
                if (value is null)
                    (nulls ??= []).Add(name);
            }

            foreach (var name in nulls ?? [])
                entries[name] = Zero();
        }

        private T Zero() => (T)MakeZero(typeof(T), options);
    }

    private static object MakeZero(Type type, JsonSerializerOptions options)
    {
        if (type == typeof(string))
            return "";
        if (type == typeof(byte[]))
            return Array.Empty<byte>();
        if (type == typeof(ResourceQuantity))
            return ParsedQuantity.Read("0"u8);
        if (Nullable.GetUnderlyingType(type) is { } value)
            return Activator.CreateInstance(value)!;

        // Lists and maps are declared as interfaces; only the serializer knows the types that it creates.
        var contract = options.GetTypeInfo(type);
        return contract.CreateObject?.Invoke() ?? JsonSerializer.Deserialize(contract.Kind == JsonTypeInfoKind.Enumerable ? "[]"u8 : "{}"u8, contract)!;
    }

    /// <summary>Decodes a value that cannot be null.</summary>
    private sealed class ZeroOfNull<T>(JsonConverter<T> inner) : JsonConverter<T>
        where T : struct
    {
        public override bool HandleNull => true;

        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Null ? default : inner.Read(ref reader, typeToConvert, options);

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => inner.Write(writer, value, options);
    }
}
