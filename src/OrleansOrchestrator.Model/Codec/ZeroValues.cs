using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using k8s.Models;
using OrleansOrchestrator.Model.Quantities;

namespace OrleansOrchestrator.Model.Codec;

/// <summary>
/// Null is the zero value of what it stands for, as Go reads it: an empty text, an empty object, zero. A field that can be
/// missing is missing then. An element of a list or map cannot, so that it becomes the zero value, and nothing behind the
/// codec ever meets a null in a list or map.
/// </summary>
internal static class ZeroValues
{
    /// <summary>Teaches the rule to the options of conversions.</summary>
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
        // Any JSON is a value of such an element, null too.
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

    /// <summary>Puts zero values in the place of nulls.</summary>
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

        // Lists and maps are declared as interfaces, of which only the reader knows what it makes.
        var contract = options.GetTypeInfo(type);
        return contract.CreateObject?.Invoke() ?? JsonSerializer.Deserialize(contract.Kind == JsonTypeInfoKind.Enumerable ? "[]"u8 : "{}"u8, contract)!;
    }

    /// <summary>Reads a value that cannot be null.</summary>
    private sealed class ZeroOfNull<T>(JsonConverter<T> inner) : JsonConverter<T>
        where T : struct
    {
        public override bool HandleNull => true;

        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Null ? default : inner.Read(ref reader, typeToConvert, options);

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => inner.Write(writer, value, options);
    }
}
