using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Model.Patching;

/// <summary>
/// Merges a patch (RFC 7386) into an encoded document: what the patch does not name is copied as it is, so that a small
/// change of a large object costs what it touches.
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

    /// <summary>The document with the patch merged into it.</summary>
    /// <param name="document">A JSON object.</param>
    /// <param name="patch">The patch.</param>
    public static byte[] Apply(ReadOnlySpan<byte> document, JsonObject patch)
    {
        var output = new ArrayBufferWriter<byte>(document.Length + 256);
        using (var writer = new Utf8JsonWriter(output, Writing))
        {
            var merge = new EncodedMerge(document, writer);
            merge._reader.Read();
            merge.WriteMerged(patch);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Writes the object that the reader has entered, with the patch merged into it.</summary>
    private void WriteMerged(JsonObject patch)
    {
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

            CopyName();
            _reader.Read();
            WriteReplaced(members[index].Value!);
        }

        for (var i = 0; i < members.Length; i++)
        {
            if (isPresent[i] || members[i].Value is not { } value)
                continue;
            _writer.WritePropertyName(members[i].Key);
            WriteNew(value);
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

    private void WriteReplaced(JsonNode value)
    {
        if (value is JsonObject changes && _reader.TokenType == JsonTokenType.StartObject)
        {
            WriteMerged(changes);
            return;
        }

        _reader.Skip();
        WriteNew(value);
    }

    /// <summary>Writes what has no counterpart in the document: nulls of objects say only what is not to be there.</summary>
    private readonly void WriteNew(JsonNode value)
    {
        JsonMergePatch.DropNulls(value);
        value.WriteTo(_writer);
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
