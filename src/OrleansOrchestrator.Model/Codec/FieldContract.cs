using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OrleansOrchestrator.Model.Codec;

/// <summary>
/// The fields of a model type in a form for checking a body without building anything. Nearly every body has only known fields, each
/// once, and this check is cheap; only other bodies get the thorough check that words the faults.
/// </summary>
internal sealed class FieldContract
{
    // Larger maps, longer names and names with escapes need the thorough check.
    private const int MapEntriesMax = 24;
    private const int NameCharsMax = 64;
    private const int PropertiesMax = 128;

    private static readonly ConcurrentDictionary<Type, FieldContract> Contracts = new();

    private readonly JsonTypeInfoKind _kind;
    private readonly Type? _elementType;
    private readonly FrozenDictionary<string, Property>? _properties;
    private FieldContract? _element;

    private FieldContract(Type type)
    {
        var contract = ObjectCodec.Options.GetTypeInfo(type);
        _kind = contract.Kind;
        _elementType = contract.ElementType;
        if (_kind == JsonTypeInfoKind.Object && type != typeof(object) && !contract.Properties.Any(property => property.IsExtensionData))
        {
            _properties = contract.Properties
                .Select((property, index) => KeyValuePair.Create(property.Name, new Property(index, property.PropertyType)))
                .ToFrozenDictionary(StringComparer.Ordinal);
        }
    }

    private FieldContract? Element => _element ??= _elementType is null ? null : Of(_elementType);

    public static FieldContract Of(Type type) => Contracts.GetOrAdd(type, static key => new FieldContract(key));

    /// <summary>Whether a body certainly has known fields only, each once. False may also mean that it needs the thorough check.</summary>
    /// <param name="json">Well-formed JSON.</param>
    public bool Fits(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = ObjectCodec.DepthMax });
        reader.Read();
        return FitsValue(ref reader, json);
    }

    private bool FitsValue(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        switch (reader.TokenType, _kind)
        {
            case (JsonTokenType.StartArray, JsonTypeInfoKind.Enumerable):
                return FitsArray(ref reader, json);
            case (JsonTokenType.StartObject, JsonTypeInfoKind.Object) when _properties is not null:
                return FitsObject(ref reader, json, _properties);
            case (JsonTokenType.StartObject, JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary):
                return FitsMap(ref reader, json);
            default:
                reader.Skip();
                return true;
        }
    }

    private bool FitsArray(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (!Element!.FitsValue(ref reader, json))
                return false;
        }

        return true;
    }

    private static bool FitsObject(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, FrozenDictionary<string, Property> properties)
    {
        var byName = properties.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> name = stackalloc char[NameCharsMax];
        var seen = UInt128.Zero;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueSpan.Length > NameCharsMax)
                return false;
            var length = reader.CopyString(name);
            if (!byName.TryGetValue(name[..length], out var property) || property.Index >= PropertiesMax)
                return false;
            var bit = UInt128.One << property.Index;
            if ((seen & bit) != UInt128.Zero)
                return false;
            seen |= bit;
            reader.Read();
            if (!property.Contract.FitsValue(ref reader, json))
                return false;
        }

        return true;
    }

    private bool FitsMap(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        Span<(int Start, int Length)> names = stackalloc (int, int)[MapEntriesMax];
        var count = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueIsEscaped || count == MapEntriesMax)
                return false;

            // The token starts at its quotation mark.
            names[count] = ((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
            for (var i = 0; i < count; i++)
            {
                if (json.Slice(names[i].Start, names[i].Length).SequenceEqual(reader.ValueSpan))
                    return false;
            }

            count++;
            reader.Read();
            if (Element is { } element)
            {
                if (!element.FitsValue(ref reader, json))
                    return false;
            }
            else
            {
                reader.Skip();
            }
        }

        return true;
    }

    private sealed class Property(int index, Type type)
    {
        private FieldContract? _contract;

        public int Index { get; } = index;

        public FieldContract Contract => _contract ??= Of(type);
    }
}
