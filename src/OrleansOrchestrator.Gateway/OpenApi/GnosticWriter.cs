using System.Text.Json;
using OrleansOrchestrator.Gateway.Responses;

namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>Writes an OpenAPI 2 document in gnostic's protobuf encoding, which is the only one that kubectl reads of it.</summary>
/// <remarks>
/// Field numbers are those of https://github.com/google/gnostic/blob/main/openapiv2/OpenAPIv2.proto. Only what the gateway's own
/// documents have is written.
/// </remarks>
internal static class GnosticWriter
{
    /// <summary>Writes a document.</summary>
    public static void Write(Stream stream, CompressedDocument version2)
    {
        using var json = version2.Open();
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var head = new GnosticMessage();
        head.Text(1, root, "swagger");
        head.Message(2, Info(root.GetProperty("info")));
        head.WriteTo(stream);
        WriteMap(stream, 8, 2, root.GetProperty("paths"), PathItem);
        WriteMap(stream, 9, 1, root.GetProperty("definitions"), Schema);
    }

    /// <summary>Writes a message that is a map, in as many parts as it has entries: parts of one message add up.</summary>
    private static void WriteMap(Stream stream, int field, int entryField, JsonElement map, Func<JsonElement, GnosticMessage> convert)
    {
        foreach (var entry in map.EnumerateObject())
        {
            var part = new GnosticMessage();
            part.Message(entryField, Named(entry.Name, convert(entry.Value)));
            var whole = new GnosticMessage();
            whole.Message(field, part);
            whole.WriteTo(stream);
        }
    }

    private static GnosticMessage Named(string name, GnosticMessage value)
    {
        var message = new GnosticMessage();
        message.Text(1, name);
        message.Message(2, value);
        return message;
    }

    private static GnosticMessage Wrapped(int field, GnosticMessage value)
    {
        var message = new GnosticMessage();
        message.Message(field, value);
        return message;
    }

    private static GnosticMessage Info(JsonElement info)
    {
        var message = new GnosticMessage();
        message.Text(1, info, "title");
        message.Text(2, info, "version");
        return message;
    }

    private static GnosticMessage PathItem(JsonElement path)
    {
        var message = new GnosticMessage();
        foreach (var (name, field) in ((string, int)[])[("get", 2), ("put", 3), ("post", 4), ("delete", 5), ("patch", 8)])
        {
            if (path.TryGetProperty(name, out var operation))
                message.Message(field, Operation(operation));
        }

        message.Messages(9, path, "parameters", Parameter);
        return message;
    }

    private static GnosticMessage Operation(JsonElement operation)
    {
        var message = new GnosticMessage();
        message.Texts(1, operation, "tags");
        message.Text(5, operation, "operationId");
        message.Texts(6, operation, "produces");
        message.Texts(7, operation, "consumes");
        message.Messages(8, operation, "parameters", Parameter);
        var responses = new GnosticMessage();
        foreach (var response in operation.GetProperty("responses").EnumerateObject())
            responses.Message(1, Named(response.Name, Wrapped(1, Response(response.Value))));
        message.Message(9, responses);
        message.Extensions(13, operation);
        return message;
    }

    private static GnosticMessage Response(JsonElement response)
    {
        var message = new GnosticMessage();
        message.Text(1, response, "description");
        message.Message(2, Wrapped(1, Schema(response.GetProperty("schema"))));
        return message;
    }

    private static GnosticMessage Parameter(JsonElement parameter)
    {
        var message = new GnosticMessage();
        var place = parameter.GetProperty("in").GetString();
        if (place == "body")
        {
            message.Text(2, parameter, "name");
            message.Text(3, parameter, "in");
            message.Flag(4, parameter, "required");
            message.Message(5, Schema(parameter.GetProperty("schema")));
            return Wrapped(1, Wrapped(1, message));
        }

        // Query parameters may be empty, for which their message has one more field than that of path parameters.
        var inPath = place == OpenApi.Parameter.InPath;
        message.Flag(1, parameter, "required");
        message.Text(2, parameter, "in");
        message.Text(4, parameter, "name");
        message.Text(inPath ? 5 : 6, parameter, "type");
        message.Flag(inPath ? 19 : 20, parameter, "uniqueItems");
        return Wrapped(1, Wrapped(2, Wrapped(inPath ? 4 : 3, message)));
    }

    private static GnosticMessage Schema(JsonElement schema)
    {
        var message = new GnosticMessage();
        message.Text(1, schema, "$ref");
        message.Text(2, schema, "format");
        message.Text(3, schema, "title");
        message.Text(4, schema, "description");
        message.Any(5, schema, "default");
        message.Number(6, schema, "multipleOf");
        message.Number(7, schema, "maximum");
        message.Flag(8, schema, "exclusiveMaximum");
        message.Number(9, schema, "minimum");
        message.Flag(10, schema, "exclusiveMinimum");
        message.Integer(11, schema, "maxLength");
        message.Integer(12, schema, "minLength");
        message.Text(13, schema, "pattern");
        message.Integer(14, schema, "maxItems");
        message.Integer(15, schema, "minItems");
        message.Flag(16, schema, "uniqueItems");
        message.Integer(17, schema, "maxProperties");
        message.Integer(18, schema, "minProperties");
        message.Texts(19, schema, "required");
        message.Anys(20, schema, "enum");
        if (schema.TryGetProperty("additionalProperties", out var additional))
            message.Message(21, AdditionalProperties(additional));
        if (schema.TryGetProperty("type", out var type))
            message.Message(22, TypeItem(type.GetString()!));
        if (schema.TryGetProperty("items", out var items))
            message.Message(23, Wrapped(1, Schema(items)));
        message.Messages(24, schema, "allOf", Schema);
        if (schema.TryGetProperty("properties", out var properties))
            message.Message(25, Properties(properties));
        message.Extensions(31, schema);
        return message;
    }

    private static GnosticMessage AdditionalProperties(JsonElement additional)
    {
        if (additional.ValueKind == JsonValueKind.Object)
            return Wrapped(1, Schema(additional));
        var message = new GnosticMessage();
        message.Flag(2, additional.GetBoolean());
        return message;
    }

    private static GnosticMessage TypeItem(string type)
    {
        var message = new GnosticMessage();
        message.Text(1, type);
        return message;
    }

    private static GnosticMessage Properties(JsonElement properties)
    {
        var message = new GnosticMessage();
        foreach (var property in properties.EnumerateObject())
            message.Message(1, Named(property.Name, Schema(property.Value)));
        return message;
    }
}
