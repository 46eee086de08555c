using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;

namespace OrleansOrchestrator.Model.Codec;

/// <summary>
/// Parses JSON to mutable nodes like Go: the last one of duplicate fields counts. System.Text.Json's own parser refuses duplicates.
/// </summary>
public ref struct LenientJson
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = ObjectCodec.DepthMax };

    private readonly ReadOnlySpan<byte> _json;
    private readonly ICollection<DuplicateField>? _duplicates;
    private readonly bool _keepsNumbers;
    private bool _hasDuplicates;
    private Utf8JsonReader _reader;

    private LenientJson(ReadOnlySpan<byte> json, ICollection<DuplicateField>? duplicates, bool keepsNumbers)
    {
        _json = json;
        _duplicates = duplicates;
        _keepsNumbers = keepsNumbers;
        _reader = new Utf8JsonReader(json, Options);
    }

    /// <summary>Parses one value.</summary>
    /// <param name="json">The whole JSON.</param>
    /// <param name="duplicates">Receives duplicate fields; null to ignore them.</param>
    /// <param name="keepsNumbers">Whether numbers keep their text. Otherwise they become what Go uses without a type: integers that fit
    /// 64 bits, and doubles. <c>3.0</c> is then written as <c>3</c>, and <c>1e3</c> as <c>1000</c>.</param>
    /// <exception cref="JsonException">The JSON is malformed, or has a number outside the range of a double.</exception>
    public static JsonNode? Parse(ReadOnlySpan<byte> json, ICollection<DuplicateField>? duplicates = null, bool keepsNumbers = false)
    {
        // Nearly no body has duplicates: field paths are computed only for those that do.
        var node = ParseOnce(json, null, keepsNumbers, out var hasDuplicates);
        return duplicates is not null && hasDuplicates ? ParseOnce(json, duplicates, keepsNumbers, out _) : node;
    }

    private static JsonNode? ParseOnce(ReadOnlySpan<byte> json, ICollection<DuplicateField>? duplicates, bool keepsNumbers, out bool hasDuplicates)
    {
        var lenient = new LenientJson(json, duplicates, keepsNumbers);
        lenient._reader.Read();
        var node = lenient.Node("");
        hasDuplicates = lenient._hasDuplicates;
        return lenient._reader.Read() ? throw new JsonException("there is something after the value") : node;
    }

    /// <summary>Parses the value at a reader, and leaves the reader at the value's last token.</summary>
    /// <exception cref="JsonException">The JSON is malformed, or has a number outside the range of a double.</exception>
    public static JsonNode? Read(ref Utf8JsonReader reader)
    {
        var lenient = new LenientJson([], null, keepsNumbers: false) { _reader = reader };
        var node = lenient.Node("");
        reader = lenient._reader;
        return node;
    }

    /// <summary>A value as nodes of its own.</summary>
    public static JsonNode? Of(JsonElement element) => Parse(JsonSerializer.SerializeToUtf8Bytes(element));

    /// <summary>A model as nodes.</summary>
    public static JsonObject Of(V1ObjectMeta metadata) => (JsonObject)Parse(ObjectCodec.Encode(metadata))!;

    /// <summary>A number in Go's format.</summary>
    public static JsonNode OfDouble(double number)
    {
        var text = GoSyntax.Format(number);
        // The default writer uses an exponent for smaller numbers, which no parser of integers accepts.
        return text.Length < 16 && !text.Contains('e', StringComparison.Ordinal) ? JsonValue.Create(number) : JsonNode.Parse(text)!;
    }

    private JsonNode? Node(string path)
    {
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return Members(path);
            case JsonTokenType.StartArray:
                return Elements(path);
            case JsonTokenType.String:
                return JsonValue.Create(_reader.GetString());
            case JsonTokenType.Number:
                return _keepsNumbers ? JsonValue.Create(JsonElement.ParseValue(ref _reader)) : Number();
            case JsonTokenType.True:
                return JsonValue.Create(true);
            case JsonTokenType.False:
                return JsonValue.Create(false);
            default:
                return null;
        }
    }

    private JsonObject Members(string path)
    {
        var members = new JsonObject();
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = _reader.GetString()!;
            var start = (int)_reader.TokenStartIndex;
            var at = _duplicates is null ? "" : path.Length == 0 ? name : $"{path}.{name}";
            _reader.Read();
            var value = Node(at);
            if (members.TryAdd(name, value))
                continue;
            members[name] = value;
            _hasDuplicates = true;
            if (_duplicates is { Count: < StrictFields.FaultsMax })
                _duplicates.Add(new DuplicateField(at, name, _json[..start].Count((byte)'\n') + 1));
        }

        return members;
    }

    private JsonArray Elements(string path)
    {
        var elements = new JsonArray();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
            elements.Add(Node(_duplicates is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{path}[{elements.Count}]")));
        return elements;
    }

    private JsonNode Number()
    {
        if (_reader.TryGetInt64(out var whole))
            return JsonValue.Create(whole);
        // Other clients read stored numbers as doubles, so that more precision is not kept.
        if (_reader.TryGetDouble(out var number) && double.IsFinite(number))
            return OfDouble(number);
        var fault = $"json: cannot unmarshal number {Encoding.UTF8.GetString(_reader.ValueSpan)} into Go value of type float64";
        throw new JsonException(fault, new ValueFormatException(fault));
    }
}
