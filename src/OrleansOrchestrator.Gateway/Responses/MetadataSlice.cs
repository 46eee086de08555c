using System.Text.Json;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Gateway.Responses;

/// <summary>Cuts the metadata out of an object's JSON, to send it without decoding the object.</summary>
internal static class MetadataSlice
{
    /// <summary>The bytes of <c>metadata</c>, braces included.</summary>
    /// <exception cref="InvalidOperationException">The object has no metadata.</exception>
    public static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = ObjectCodec.DepthMax });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isMetadata = reader.ValueTextEquals("metadata"u8);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (isMetadata)
                return json[start..(int)reader.BytesConsumed];
        }

        throw new InvalidOperationException("a stored object has no metadata");
    }
}
