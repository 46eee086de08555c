using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>A protobuf message that is put together field by field from the properties of JSON objects. What a JSON object does
/// not have is left out.</summary>
internal sealed class GnosticMessage
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int LengthDelimited = 2;
    private const string ExtensionPrefix = "x-";

    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>Writes the message as it stands.</summary>
    public void WriteTo(Stream stream) => stream.Write(_bytes.WrittenSpan);

    /// <summary>Adds a message.</summary>
    public void Message(int field, GnosticMessage message) => Bytes(field, message._bytes.WrittenSpan);

    /// <summary>Adds a message for each element of a list.</summary>
    public void Messages(int field, JsonElement owner, string property, Func<JsonElement, GnosticMessage> convert)
    {
        if (!owner.TryGetProperty(property, out var list))
            return;
        foreach (var element in list.EnumerateArray())
            Message(field, convert(element));
    }

    /// <summary>Adds a string.</summary>
    public void Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

    /// <summary>Adds a string property.</summary>
    public void Text(int field, JsonElement owner, string property)
    {
        if (owner.TryGetProperty(property, out var value))
            Text(field, value.GetString()!);
    }

    /// <summary>Adds a list of strings.</summary>
    public void Texts(int field, JsonElement owner, string property)
    {
        if (!owner.TryGetProperty(property, out var list))
            return;
        foreach (var element in list.EnumerateArray())
            Text(field, element.GetString()!);
    }

    /// <summary>Adds a boolean.</summary>
    public void Flag(int field, bool value)
    {
        Tag(field, Varint);
        WriteVarint(value ? 1UL : 0);
    }

    /// <summary>Adds a boolean property.</summary>
    public void Flag(int field, JsonElement owner, string property)
    {
        if (owner.TryGetProperty(property, out var value))
            Flag(field, value.GetBoolean());
    }

    /// <summary>Adds an integer property.</summary>
    public void Integer(int field, JsonElement owner, string property)
    {
        if (!owner.TryGetProperty(property, out var value))
            return;
        Tag(field, Varint);
        WriteVarint((ulong)value.GetInt64());
    }

    /// <summary>Adds a number property.</summary>
    public void Number(int field, JsonElement owner, string property)
    {
        if (!owner.TryGetProperty(property, out var value))
            return;
        Tag(field, Fixed64);
        BinaryPrimitives.WriteDoubleLittleEndian(_bytes.GetSpan(sizeof(double)), value.GetDouble());
        _bytes.Advance(sizeof(double));
    }

    /// <summary>Adds a property of any type.</summary>
    public void Any(int field, JsonElement owner, string property)
    {
        if (owner.TryGetProperty(property, out var value))
            Message(field, AnyOf(value));
    }

    /// <summary>Adds a list of values of any type.</summary>
    public void Anys(int field, JsonElement owner, string property) => Messages(field, owner, property, AnyOf);

    /// <summary>Adds all properties that are extensions.</summary>
    public void Extensions(int field, JsonElement owner)
    {
        foreach (var property in owner.EnumerateObject())
        {
            if (!property.Name.StartsWith(ExtensionPrefix, StringComparison.Ordinal))
                continue;
            var named = new GnosticMessage();
            named.Text(1, property.Name);
            named.Message(2, AnyOf(property.Value));
            Message(field, named);
        }
    }

    /// <summary>A value as YAML, which all JSON is.</summary>
    private static GnosticMessage AnyOf(JsonElement value)
    {
        var message = new GnosticMessage();
        message.Text(2, value.GetRawText());
        return message;
    }

    private void Bytes(int field, ReadOnlySpan<byte> bytes)
    {
        Tag(field, LengthDelimited);
        WriteVarint((ulong)bytes.Length);
        _bytes.Write(bytes);
    }

    private void Tag(int field, int wireType) => WriteVarint((ulong)((field << 3) | wireType));

    private void WriteVarint(ulong value)
    {
        while (value >= 0x80)
        {
            WriteByte((byte)(value | 0x80));
            value >>= 7;
        }

        WriteByte((byte)value);
    }

    private void WriteByte(byte value)
    {
        _bytes.GetSpan(1)[0] = value;
        _bytes.Advance(1);
    }
}
