using System.Runtime.InteropServices;
using System.Text.Json;
using OrleansOrchestrator.Gateway.Protobuf;

namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>Writes properties of JSON objects as fields of a protobuf message. Absent properties are omitted.</summary>
internal static class GnosticFields
{
    private const string ExtensionPrefix = "x-";

    extension(WireWriter writer)
    {
        /// <summary>Writes a message.</summary>
        public void Message(int field, JsonElement value, Action<WireWriter, JsonElement> write)
        {
            var before = writer.Length;
            write(writer, value);
            writer.Close(field, before);
        }

        /// <summary>Writes a property that is a message.</summary>
        public void Message(int field, JsonElement owner, string property, Action<WireWriter, JsonElement> write)
        {
            if (owner.TryGetProperty(property, out var value))
                writer.Message(field, value, write);
        }

        /// <summary>Writes a message for each element of a list.</summary>
        public void Messages(int field, JsonElement owner, string property, Action<WireWriter, JsonElement> write)
        {
            foreach (var element in Backwards(owner, property))
                writer.Message(field, element, write);
        }

        /// <summary>Writes a message that consists of a name and a message.</summary>
        public void Named(int field, JsonProperty named, Action<WireWriter, JsonElement> write)
        {
            var before = writer.Length;
            writer.Message(2, named.Value, write);
            writer.Text(1, named.Name);
            writer.Close(field, before);
        }

        /// <summary>Writes a named message for each property of an object.</summary>
        public void AllNamed(int field, JsonElement owner, Action<WireWriter, JsonElement> write)
        {
            foreach (var property in owner.EnumerateObject().Reverse())
                writer.Named(field, property, write);
        }

        /// <summary>Writes a string property.</summary>
        public void Text(int field, JsonElement owner, string property)
        {
            if (owner.TryGetProperty(property, out var value))
                writer.Text(field, value.GetString()!);
        }

        /// <summary>Writes a list of strings.</summary>
        public void Texts(int field, JsonElement owner, string property)
        {
            foreach (var element in Backwards(owner, property))
                writer.Text(field, element.GetString()!);
        }

        /// <summary>Writes a boolean property.</summary>
        public void Flag(int field, JsonElement owner, string property)
        {
            if (owner.TryGetProperty(property, out var value))
                writer.Integer(field, value.GetBoolean() ? 1 : 0);
        }

        /// <summary>Writes an integer property.</summary>
        public void Integer(int field, JsonElement owner, string property)
        {
            if (owner.TryGetProperty(property, out var value))
                writer.Integer(field, value.GetInt64());
        }

        /// <summary>Writes a number property.</summary>
        public void Number(int field, JsonElement owner, string property)
        {
            if (owner.TryGetProperty(property, out var value))
                writer.Double(field, value.GetDouble());
        }

        /// <summary>Writes a value of any type as YAML, which includes all JSON.</summary>
        public void Any(JsonElement value) => writer.Bytes(2, JsonMarshal.GetRawUtf8Value(value));

        /// <summary>Writes all properties that are extensions.</summary>
        public void Extensions(int field, JsonElement owner)
        {
            foreach (var property in owner.EnumerateObject().Reverse())
            {
                if (property.Name.StartsWith(ExtensionPrefix, StringComparison.Ordinal))
                    writer.Named(field, property, Any);
            }
        }
    }

    /// <summary>The elements of a list from last to first, which is the writing order.</summary>
    private static IEnumerable<JsonElement> Backwards(JsonElement owner, string property) =>
        owner.TryGetProperty(property, out var list) ? list.EnumerateArray().Reverse() : [];
}
