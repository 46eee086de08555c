using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Documents.Yaml;

/// <summary>Converts YAML to and from JSON with the typing of Kubernetes' clients.</summary>
/// <remarks>
/// Built on YamlDotNet's parser and emitter, but not on its conversion package for System.Text.Json: that reads YAML 1.2, where
/// <c>yes</c> and <c>~</c> are text and <c>010</c> is ten. The last one of duplicate keys counts, and duplicates are reported on
/// request. Nesting beyond <see cref="ObjectCodec.DepthMax"/> and aliases that multiply the text are refused.
/// </remarks>
public static class YamlConverter
{
    /// <summary>The most documents of one text: far above any manifest, and small enough to parse in a moment.</summary>
    public const int DocumentsMax = 10_000;

    private static readonly SearchValues<char> Controls = SearchValues.Create(
        [.. Enumerable.Range(0, 0xA0).Where(c => c is (< 0x20 and not (0x09 or 0x0A or 0x0D)) or (>= 0x7F and not 0x85)).Select(c => (char)c), '\uFFFE', '\uFFFF']);

    private static readonly UnicodeEncoding StrictUtf16 = new(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true);
    private static readonly UnicodeEncoding StrictBigEndianUtf16 = new(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true);
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Converts the first document to UTF-8 JSON; a text without a document is null. The rest is ignored.</summary>
    /// <exception cref="YamlConversionException">The document is malformed or has no JSON form.</exception>
    public static byte[] ToJson(ReadOnlySpan<byte> yaml) => ToJson(yaml, out _);

    /// <summary>Converts the first document to UTF-8 JSON, and reports duplicate keys.</summary>
    /// <exception cref="YamlConversionException">The document is malformed or has no JSON form.</exception>
    public static byte[] ToJson(ReadOnlySpan<byte> yaml, out IReadOnlyList<DuplicateField> duplicates) =>
        JsonSerializer.SerializeToUtf8Bytes(Parse(Decode(yaml), out duplicates), ObjectCodec.Options);

    /// <summary>Reads JSON as YAML would: removes duplicate fields, and writes numbers as Go holds them.</summary>
    /// <exception cref="JsonException">The JSON is malformed.</exception>
    public static byte[] SettleJson(byte[] json, out IReadOnlyList<DuplicateField> duplicates)
    {
        var found = new List<DuplicateField>();
        duplicates = found;
        return IsSettled(json) ? json : JsonSerializer.SerializeToUtf8Bytes(LenientJson.Parse(json, found), ObjectCodec.Options);
    }

    private static bool IsSettled(byte[] json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = ObjectCodec.DepthMax });
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.Number && reader.ValueSpan.ContainsAny(".eE"u8))
                return false;
        }

        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = ObjectCodec.DepthMax, AllowDuplicateProperties = false });
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Parses the first document; null if it is null or missing. The rest is ignored.</summary>
    /// <exception cref="YamlConversionException">The document is malformed or has no JSON form.</exception>
    public static JsonNode? Parse(string yaml) => Parse(yaml, out _);

    /// <summary>Parses the first document, and reports duplicate keys.</summary>
    /// <exception cref="YamlConversionException">The document is malformed or has no JSON form.</exception>
    public static JsonNode? Parse(string yaml, out IReadOnlyList<DuplicateField> duplicates)
    {
        var reader = new YamlReader(yaml);
        duplicates = reader.Duplicates;
        return reader.TryReadDocument(out var document) ? document : null;
    }

    /// <summary>Parses all documents that are not null, in order.</summary>
    /// <exception cref="YamlConversionException">A document is malformed or has no JSON form, or there are too many.</exception>
    public static IReadOnlyList<JsonNode> ParseAll(ReadOnlySpan<byte> yaml) => ParseAll(Decode(yaml));

    /// <inheritdoc cref="ParseAll(ReadOnlySpan{byte})"/>
    public static IReadOnlyList<JsonNode> ParseAll(string yaml)
    {
        var reader = new YamlReader(yaml);
        var documents = new List<JsonNode>();
        for (var count = 0; reader.TryReadDocument(out var document); count++)
        {
            if (count == DocumentsMax)
                throw new YamlConversionException($"yaml: the text has more than {DocumentsMax} documents");
            if (document is not null)
                documents.Add(document);
        }

        return documents;
    }

    /// <summary>Writes JSON as a YAML document with sorted keys.</summary>
    /// <exception cref="JsonException">The JSON is malformed.</exception>
    public static string FromJson(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = ObjectCodec.DepthMax });
        using var document = JsonDocument.ParseValue(ref reader);
        // Fails if there is text behind the value.
        reader.Read();
        var output = new StringWriter();
        new YamlWriter(output).Write(document.RootElement);
        return output.ToString();
    }

    private static string Decode(ReadOnlySpan<byte> yaml)
    {
        try
        {
            var text = EncodingOf(yaml).GetString(yaml).TrimStart('\uFEFF');
            return text.AsSpan().ContainsAny(Controls) ? throw new YamlConversionException("yaml: control characters are not allowed") : text;
        }
        catch (DecoderFallbackException)
        {
            throw new YamlConversionException("yaml: invalid UTF-8");
        }
    }

    private static Encoding EncodingOf(ReadOnlySpan<byte> yaml) => yaml switch
    {
        [0xFF, 0xFE, ..] => StrictUtf16,
        [0xFE, 0xFF, ..] => StrictBigEndianUtf16,
        _ => StrictUtf8,
    };
}
