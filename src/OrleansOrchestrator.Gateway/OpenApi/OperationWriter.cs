using System.Text.Json;
using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>
/// Writes the paths of a kind with their operations. Clients read from them what the server understands: kubectl validates on
/// the server's side if a kind's PATCH takes <c>fieldValidation</c>.
/// </summary>
/// <param name="writer">Where to.</param>
/// <param name="schemas">Writes references to schemas.</param>
/// <param name="isVersion2">Whether the document is OpenAPI 2 rather than 3.</param>
internal sealed class OperationWriter(Utf8JsonWriter writer, SchemaWriter schemas, bool isVersion2)
{
    private static readonly (string Name, string Type)[] WriteParameters =
        [("dryRun", "string"), ("fieldManager", "string"), ("fieldValidation", "string")];

    private static readonly (string Name, string Type)[] PatchParameters = [.. WriteParameters, ("force", "boolean")];

    private static readonly (string Name, string Type)[] ListParameters =
    [
        ("allowWatchBookmarks", "boolean"), ("continue", "string"), ("fieldSelector", "string"), ("labelSelector", "string"),
        ("limit", "integer"), ("resourceVersion", "string"), ("resourceVersionMatch", "string"), ("sendInitialEvents", "boolean"),
        ("timeoutSeconds", "integer"), ("watch", "boolean"),
    ];

    private static readonly (string Name, string Type)[] DeleteParameters =
        [("dryRun", "string"), ("gracePeriodSeconds", "integer"), ("orphanDependents", "boolean"), ("propagationPolicy", "string")];

    // Strategic merge patches are understood but not offered here: a client that finds them in this list computes its patches
    // from the schemas, which do not tell merge keys, instead of from what it knows of the kinds.
    private static readonly string[] PatchTypes = [MediaTypes.JsonPatch, MediaTypes.MergePatch];
    private static readonly string[] BodyTypes = [MediaTypes.Json, MediaTypes.Yaml];

    /// <summary>Writes the collection's and the object's path of a kind.</summary>
    public void WritePaths(ResourceDefinition definition)
    {
        var root = $"/{ResourceRoutes.PrefixOf(definition.Group, definition.Version)}";
        var collection = definition.Namespaced ? $"{root}/namespaces/{{namespace}}/{definition.Plural}" : $"{root}/{definition.Plural}";
        writer.WriteStartObject(collection);
        WriteOperation(definition, "get", "list", ListParameters, []);
        WriteOperation(definition, "post", "post", WriteParameters, BodyTypes);
        WriteOperation(definition, "delete", "deletecollection", ListParameters, []);
        WritePathParameters(definition, hasName: false);
        writer.WriteEndObject();

        writer.WriteStartObject($"{collection}/{{name}}");
        WriteOperation(definition, "get", "get", [], []);
        WriteOperation(definition, "put", "put", WriteParameters, BodyTypes);
        WriteOperation(definition, "patch", "patch", PatchParameters, PatchTypes);
        WriteOperation(definition, "delete", "delete", DeleteParameters, []);
        WritePathParameters(definition, hasName: true);
        writer.WriteEndObject();
    }

    private void WriteOperation(
        ResourceDefinition definition, string method, string action, (string Name, string Type)[] parameters, string[] bodyTypes)
    {
        writer.WriteStartObject(method);
        writer.WriteString("x-kubernetes-action"u8, action);
        writer.WritePropertyName(KindName.Extension);
        KindName.Of(definition).Write(writer);
        writer.WriteStartArray("parameters"u8);
        foreach (var (name, type) in parameters)
            WriteParameter(name, type, "query");
        if (isVersion2 && bodyTypes.Length > 0)
            WriteBodyParameter(definition, method);
        writer.WriteEndArray();
        if (isVersion2)
            WriteMediaTypes(bodyTypes);
        else if (bodyTypes.Length > 0)
            WriteRequestBody(definition, method, bodyTypes);
        WriteResponses(definition, action);
        writer.WriteEndObject();
    }

    private void WriteParameter(string name, string type, string place)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, name);
        writer.WriteString("in"u8, place);
        if (place == "path")
            writer.WriteBoolean("required"u8, true);
        if (!isVersion2)
            writer.WriteStartObject("schema"u8);
        writer.WriteString("type"u8, type);
        writer.WriteBoolean("uniqueItems"u8, true);
        if (!isVersion2)
            writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private void WritePathParameters(ResourceDefinition definition, bool hasName)
    {
        writer.WriteStartArray("parameters"u8);
        if (hasName)
            WriteParameter("name", "string", "path");
        if (definition.Namespaced)
            WriteParameter("namespace", "string", "path");
        WriteParameter("pretty", "string", "query");
        writer.WriteEndArray();
    }

    private void WriteBodyParameter(ResourceDefinition definition, string method)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, "body"u8);
        writer.WriteString("in"u8, "body"u8);
        writer.WriteBoolean("required"u8, true);
        WriteBodySchema(definition, method);
        writer.WriteEndObject();
    }

    private void WriteMediaTypes(string[] bodyTypes)
    {
        writer.WriteStartArray("consumes"u8);
        foreach (var type in bodyTypes.Length > 0 ? bodyTypes : ["*/*"])
            writer.WriteStringValue(type);
        writer.WriteEndArray();
        writer.WriteStartArray("produces"u8);
        foreach (var type in BodyTypes)
            writer.WriteStringValue(type);
        writer.WriteEndArray();
    }

    private void WriteRequestBody(ResourceDefinition definition, string method, string[] bodyTypes)
    {
        writer.WriteStartObject("requestBody"u8);
        writer.WriteStartObject("content"u8);
        foreach (var type in bodyTypes)
        {
            writer.WriteStartObject(type);
            WriteBodySchema(definition, method);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteBoolean("required"u8, true);
        writer.WriteEndObject();
    }

    private void WriteBodySchema(ResourceDefinition definition, string method)
    {
        writer.WritePropertyName("schema"u8);
        if (method != "patch")
        {
            schemas.WriteReference(definition.ModelType);
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("type"u8, "object"u8);
        writer.WriteEndObject();
    }

    private void WriteResponses(ResourceDefinition definition, string action)
    {
        writer.WriteStartObject("responses"u8);
        writer.WriteStartObject(action == "post" ? "201"u8 : "200"u8);
        writer.WriteString("description"u8, "OK"u8);
        if (action is "get" or "post" or "put" or "patch")
        {
            if (!isVersion2)
            {
                writer.WriteStartObject("content"u8);
                writer.WriteStartObject(MediaTypes.Json);
            }

            writer.WritePropertyName("schema"u8);
            schemas.WriteReference(definition.ModelType);
            if (!isVersion2)
            {
                writer.WriteEndObject();
                writer.WriteEndObject();
            }
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
