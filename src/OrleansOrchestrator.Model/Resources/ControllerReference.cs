using System.Text.Json;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Model.Resources;

/// <summary>The owner reference of an object's controller, read without building the model.</summary>
/// <param name="ApiVersion">The owner's group and version.</param>
/// <param name="Kind">The owner's kind.</param>
/// <param name="Name">The owner's name.</param>
/// <param name="Uid">The owner's uid.</param>
public readonly record struct ControllerReference(string ApiVersion, string Kind, string Name, string Uid)
{
    /// <summary>Reads the reference; null if the object has no controller.</summary>
    /// <exception cref="JsonException">The JSON is malformed.</exception>
    internal static ControllerReference? Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = ObjectCodec.DepthMax });
        if (!Find(ref reader, "metadata"u8) || !Find(ref reader, "ownerReferences"u8) || !reader.Read() || reader.TokenType != JsonTokenType.StartArray)
            return null;
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            if (ReadOne(ref reader) is { } controller)
                return controller;
        }

        return null;
    }

    /// <summary>Advances to a property of the object that follows.</summary>
    private static bool Find(ref Utf8JsonReader reader, ReadOnlySpan<byte> property)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(property))
                return true;
            reader.Skip();
        }

        return false;
    }

    private static ControllerReference? ReadOne(ref Utf8JsonReader reader)
    {
        var (apiVersion, kind, name, uid) = ("", "", "", "");
        var isController = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("apiVersion"u8))
                apiVersion = ObjectHeader.ReadString(ref reader);
            else if (reader.ValueTextEquals("kind"u8))
                kind = ObjectHeader.ReadString(ref reader);
            else if (reader.ValueTextEquals("name"u8))
                name = ObjectHeader.ReadString(ref reader);
            else if (reader.ValueTextEquals("uid"u8))
                uid = ObjectHeader.ReadString(ref reader);
            else if (reader.ValueTextEquals("controller"u8))
                isController = reader.Read() && reader.TokenType == JsonTokenType.True;
            else
                reader.Skip();
        }

        return isController ? new ControllerReference(apiVersion, kind, name, uid) : null;
    }
}
