using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Model.Yaml;

/// <summary>YAML to and from JSON, with the typing that Kubernetes' clients expect.</summary>
/// <remarks>
/// On YamlDotNet's parser and emitter. Its conversion package for System.Text.Json is not used: it reads YAML 1.2, where
/// <c>yes</c> and <c>~</c> are text and <c>010</c> is ten, and of a duplicate key it silently keeps the last.
/// Duplicate keys, nesting beyond <see cref="ObjectCodec.DepthMax"/> and aliases that multiply the text are refused.
/// </remarks>
public static class YamlConverter
{
    /// <summary>The most documents of one text.</summary>
    public const int DocumentsMax = 10_000;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads one document as UTF-8 JSON; text without a document is null.</summary>
    /// <exception cref="YamlConversionException">The text is malformed, has no JSON form, or has several documents.</exception>
    public static byte[] ToJson(ReadOnlySpan<byte> yaml) => ToJson(Decode(yaml));

    /// <summary>Reads one document as UTF-8 JSON; text without a document is null.</summary>
    /// <exception cref="YamlConversionException">The text is malformed, has no JSON form, or has several documents.</exception>
    public static byte[] ToJson(string yaml) => JsonSerializer.SerializeToUtf8Bytes(Parse(yaml), ObjectCodec.Options);

    /// <summary>Reads one document; null if it is null or there is none.</summary>
    /// <exception cref="YamlConversionException">The text is malformed, has no JSON form, or has several documents.</exception>
    public static JsonNode? Parse(string yaml)
    {
        var reader = new YamlReader(yaml);
        if (!reader.TryReadDocument(out var document))
            return null;
        if (reader.TryReadDocument(out _))
            throw new YamlConversionException("yaml: the text has more than one document");
        return document;
    }

    /// <summary>Reads all documents that are not null, in order.</summary>
    /// <exception cref="YamlConversionException">A document is malformed or has no JSON form, or there are too many.</exception>
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

    /// <summary>Writes JSON as a YAML document with its keys in order.</summary>
    /// <exception cref="JsonException">The JSON is malformed.</exception>
    public static string FromJson(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = ObjectCodec.DepthMax });
        using var document = JsonDocument.ParseValue(ref reader);
        // Fails if there is anything behind the value.
        reader.Read();
        var output = new StringWriter();
        new YamlWriter(output).Write(document.RootElement);
        return output.ToString();
    }

    private static string Decode(ReadOnlySpan<byte> yaml)
    {
        try
        {
            return StrictUtf8.GetString(yaml).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            throw new YamlConversionException("yaml: invalid UTF-8");
        }
    }
}
