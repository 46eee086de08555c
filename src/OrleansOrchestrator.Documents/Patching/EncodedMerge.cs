using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Documents.Patching;

/// <summary>
/// Merges a patch into an encoded document. It copies unnamed parts unchanged, so that a small change of a large object costs only what
/// it touches. Merges by RFC 7386, or strategically with a schema: then it parses only merged lists and objects with directives into
/// nodes.
/// </summary>
internal ref struct EncodedMerge
{
    private static readonly JsonWriterOptions Writing = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = ObjectCodec.DepthMax * 2,
        SkipValidation = true,
    };

    private readonly ReadOnlySpan<byte> _document;
    private readonly Utf8JsonWriter _writer;
    private Utf8JsonReader _reader;

    private EncodedMerge(ReadOnlySpan<byte> document, Utf8JsonWriter writer)
    {
        _document = document;
        _writer = writer;
        _reader = new Utf8JsonReader(document, new JsonReaderOptions { MaxDepth = ObjectCodec.DepthMax });
    }

    /// <summary>Merges a patch into a document.</summary>
    /// <param name="document">A JSON object.</param>
    /// <param name="patch">The patch; consumed by the merge.</param>
    /// <param name="schema">The schema of a strategic merge; null for a JSON merge patch.</param>
    public static byte[] Apply(ReadOnlySpan<byte> document, JsonObject patch, PatchSchema? schema = null)
    {
        var output = new ArrayBufferWriter<byte>(document.Length + 256);
        using (var writer = new Utf8JsonWriter(output, Writing))
        {
            var merge = new EncodedMerge(document, writer);
            merge._reader.Read();
            merge.WriteMerged(patch, schema);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Merges the patch into the object at the reader.</summary>
    private void WriteMerged(JsonObject patch, PatchSchema? schema)
    {
        if (schema is not null && patch.Any(member => member.Key.StartsWith('$')))
        {
            StrategicMergePatch.Merge((JsonObject)ReadValue()!, patch, schema).WriteTo(_writer);
            return;
        }

        var members = patch.ToArray();
        var isPresent = new bool[members.Length];
        _writer.WriteStartObject();
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var index = Find(members);
            if (index < 0)
            {
                CopyName();
                _reader.Read();
                CopyValue();
                continue;
            }

            isPresent[index] = true;
            if (members[index].Value is null)
            {
                _reader.Skip();
                continue;
            }

            WriteReplaced(members[index].Key, members[index].Value!, schema);
        }

        for (var i = 0; i < members.Length; i++)
        {
            if (isPresent[i] || members[i].Value is not { } value || IsDeletion(value, schema))
                continue;
            _writer.WritePropertyName(members[i].Key);
            WriteNew(value, schema);
        }

        _writer.WriteEndObject();
    }

    private readonly int Find(KeyValuePair<string, JsonNode?>[] members)
    {
        for (var i = 0; i < members.Length; i++)
        {
            if (_reader.ValueTextEquals(members[i].Key))
                return i;
        }

        return -1;
    }

    /// <summary>Writes the member at the reader, with a patch for its value.</summary>
    private void WriteReplaced(string name, JsonNode value, PatchSchema? schema)
    {
        var (nested, strategy) = schema?.Field(name) ?? (PatchSchema.Unknown, PatchStrategy.Default);
        if (value is JsonObject changes && !strategy.ReplacesObject && PeekIs(JsonTokenType.StartObject))
        {
            CopyName();
            _reader.Read();
            WriteMerged(changes, schema is null ? null : nested);
            return;
        }

        if (IsDeletion(value, schema))
        {
            _reader.Skip();
            return;
        }

        CopyName();
        _reader.Read();
        if (value is JsonArray elements && strategy.MergesList && _reader.TokenType == JsonTokenType.StartArray)
        {
            WriteList(new StrategicListMerge(nested, strategy.MergeKey).Merge(
                PatchDocument.Detach((JsonArray)ReadValue()!), PatchDocument.Detach(elements)));
            return;
        }

        _reader.Skip();
        WriteNew(value, schema);
    }

    private readonly void WriteList(List<JsonNode?> elements)
    {
        _writer.WriteStartArray();
        foreach (var element in elements)
        {
            if (element is null)
                _writer.WriteNullValue();
            else
                element.WriteTo(_writer);
        }

        _writer.WriteEndArray();
    }

    /// <summary>Writes a value that the document does not have, without its nulls, which only remove members.</summary>
    private readonly void WriteNew(JsonNode value, PatchSchema? schema)
    {
        if (schema is null)
            JsonMergePatch.DropNulls(value);
        else
            PatchDirectives.Strip(value);
        value.WriteTo(_writer);
    }

    private static bool IsDeletion(JsonNode value, PatchSchema? schema) =>
        schema is not null && value is JsonObject marked && PatchDirectives.MarkOf(marked) == PatchDirectives.Delete;

    /// <summary>Whether the value of the member at the reader begins with a token.</summary>
    private readonly bool PeekIs(JsonTokenType token)
    {
        var ahead = _reader;
        return ahead.Read() && ahead.TokenType == token;
    }

    /// <summary>Parses the value at the reader, and advances to its end.</summary>
    private JsonNode? ReadValue()
    {
        var start = (int)_reader.TokenStartIndex;
        _reader.Skip();
        return PatchTarget.Read(_document[start..(int)_reader.BytesConsumed]);
    }

    private readonly void CopyName()
    {
        if (_reader.ValueIsEscaped)
            _writer.WritePropertyName(_reader.GetString()!);
        else
            _writer.WritePropertyName(_reader.ValueSpan);
    }

    private void CopyValue()
    {
        var start = (int)_reader.TokenStartIndex;
        _reader.Skip();
        _writer.WriteRawValue(_document[start..(int)_reader.BytesConsumed], skipInputValidation: true);
    }
}
