using System.Text.Json;
using OrleansOrchestrator.Gateway.Protobuf;
using OrleansOrchestrator.Gateway.Responses;

namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>Writes an OpenAPI 2 document in gnostic's protobuf encoding, the only one in which kubectl reads version 2.</summary>
/// <remarks>
/// Field numbers are those of https://github.com/google/gnostic/blob/main/openapiv2/OpenAPIv2.proto. It writes only what the gateway's
/// documents contain, each message from its last field to its first.
/// </remarks>
internal static class GnosticWriter
{
    /// <summary>Writes a document.</summary>
    public static void Write(Stream stream, CompressedDocument version2)
    {
        using var json = version2.Open();
        using var document = JsonDocument.Parse(json);
        using var writer = new WireWriter();
        var root = document.RootElement;
        writer.Message(2, root, "info", Info);
        writer.Text(1, root, "swagger");
        stream.Write(writer.Written);
        WriteMap(stream, writer, 8, 2, root.GetProperty("paths"), PathItem);
        WriteMap(stream, writer, 9, 1, root.GetProperty("definitions"), Schema);
    }

    /// <summary>Writes a message that is a map as one part per entry: protobuf merges parts of one message.</summary>
    private static void WriteMap(
        Stream stream, WireWriter writer, int field, int entryField, JsonElement map, Action<WireWriter, JsonElement> write)
    {
        foreach (var entry in map.EnumerateObject())
        {
            writer.Clear();
            writer.Named(entryField, entry, write);
            writer.Close(field, 0);
            stream.Write(writer.Written);
        }
    }

    /// <summary>Makes a message with a single field, which is a message.</summary>
    private static Action<WireWriter, JsonElement> In(int field, Action<WireWriter, JsonElement> write) =>
        (writer, value) => writer.Message(field, value, write);

    private static void Info(WireWriter writer, JsonElement info)
    {
        writer.Text(2, info, "version");
        writer.Text(1, info, "title");
    }

    private static void PathItem(WireWriter writer, JsonElement path)
    {
        writer.Messages(9, path, "parameters", Parameter);
        writer.Message(8, path, "patch", Operation);
        writer.Message(5, path, "delete", Operation);
        writer.Message(4, path, "post", Operation);
        writer.Message(3, path, "put", Operation);
        writer.Message(2, path, "get", Operation);
    }

    private static void Operation(WireWriter writer, JsonElement operation)
    {
        writer.Extensions(13, operation);
        writer.Message(9, operation, "responses", (message, responses) => message.AllNamed(1, responses, In(1, Response)));
        writer.Messages(8, operation, "parameters", Parameter);
        writer.Texts(7, operation, "consumes");
        writer.Texts(6, operation, "produces");
        writer.Text(5, operation, "operationId");
        writer.Texts(1, operation, "tags");
    }

    private static void Response(WireWriter writer, JsonElement response)
    {
        writer.Message(2, response, "schema", In(1, Schema));
        writer.Text(1, response, "description");
    }

    private static void Parameter(WireWriter writer, JsonElement parameter)
    {
        // A parameter is nested in several messages. A query parameter may be empty, for which its message has an additional field.
        var write = parameter.GetProperty("in").GetString() switch
        {
            "body" => In(1, BodyParameter),
            OpenApi.Parameter.InPath => In(2, In(4, PathParameter)),
            _ => In(2, In(3, QueryParameter)),
        };
        writer.Message(1, parameter, write);
    }

    private static void BodyParameter(WireWriter writer, JsonElement parameter)
    {
        writer.Message(5, parameter, "schema", Schema);
        writer.Flag(4, parameter, "required");
        writer.Text(3, parameter, "in");
        writer.Text(2, parameter, "name");
    }

    private static void PathParameter(WireWriter writer, JsonElement parameter)
    {
        writer.Flag(19, parameter, "uniqueItems");
        writer.Text(5, parameter, "type");
        ParameterHead(writer, parameter);
    }

    private static void QueryParameter(WireWriter writer, JsonElement parameter)
    {
        writer.Flag(20, parameter, "uniqueItems");
        writer.Text(6, parameter, "type");
        ParameterHead(writer, parameter);
    }

    private static void ParameterHead(WireWriter writer, JsonElement parameter)
    {
        writer.Text(4, parameter, "name");
        writer.Text(2, parameter, "in");
        writer.Flag(1, parameter, "required");
    }

    private static void Schema(WireWriter writer, JsonElement schema)
    {
        writer.Extensions(31, schema);
        writer.Message(25, schema, "properties", (message, properties) => message.AllNamed(1, properties, Schema));
        writer.Messages(24, schema, "allOf", Schema);
        writer.Message(23, schema, "items", In(1, Schema));
        writer.Message(22, schema, "type", (message, type) => message.Text(1, type.GetString()!));
        writer.Message(21, schema, "additionalProperties", AdditionalProperties);
        writer.Messages(20, schema, "enum", GnosticFields.Any);
        writer.Texts(19, schema, "required");
        writer.Integer(18, schema, "minProperties");
        writer.Integer(17, schema, "maxProperties");
        writer.Flag(16, schema, "uniqueItems");
        writer.Integer(15, schema, "minItems");
        writer.Integer(14, schema, "maxItems");
        writer.Text(13, schema, "pattern");
        writer.Integer(12, schema, "minLength");
        writer.Integer(11, schema, "maxLength");
        writer.Flag(10, schema, "exclusiveMinimum");
        writer.Number(9, schema, "minimum");
        writer.Flag(8, schema, "exclusiveMaximum");
        writer.Number(7, schema, "maximum");
        writer.Number(6, schema, "multipleOf");
        writer.Message(5, schema, "default", GnosticFields.Any);
        writer.Text(4, schema, "description");
        writer.Text(3, schema, "title");
        writer.Text(2, schema, "format");
        writer.Text(1, schema, "$ref");
    }

    private static void AdditionalProperties(WireWriter writer, JsonElement additional)
    {
        if (additional.ValueKind == JsonValueKind.Object)
            writer.Message(1, additional, Schema);
        else
            writer.Integer(2, additional.GetBoolean() ? 1 : 0);
    }
}
