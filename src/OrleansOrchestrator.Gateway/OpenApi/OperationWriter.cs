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
    private static readonly string[] PatchTypes = [MediaTypes.JsonPatch, MediaTypes.MergePatch, MediaTypes.ApplyPatch];
    private static readonly string[] BodyTypes = [MediaTypes.Json, MediaTypes.Yaml];

    /// <summary>Writes the collection's and the object's path of a kind.</summary>
    public void WritePaths(ResourceForm form)
    {
        var root = $"/{ResourceRoutes.PrefixOf(form.Group, form.Version)}";
        var collection = form.Definition.Namespaced ? $"{root}/namespaces/{{namespace}}/{form.Definition.Plural}" : $"{root}/{form.Definition.Plural}";
        writer.WriteStartObject(collection);
        WriteOperation(form, "get", "list", ListParameters, []);
        WriteOperation(form, "post", "post", WriteParameters, BodyTypes);
        WriteOperation(form, "delete", "deletecollection", ListParameters, []);
        WritePathParameters(form, hasName: false);
        writer.WriteEndObject();

        writer.WriteStartObject($"{collection}/{{name}}");
        WriteOperation(form, "get", "get", [], []);
        WriteOperation(form, "put", "put", WriteParameters, BodyTypes);
        WriteOperation(form, "patch", "patch", PatchParameters, PatchTypes);
        WriteOperation(form, "delete", "delete", DeleteParameters, []);
        WritePathParameters(form, hasName: true);
        writer.WriteEndObject();
    }

    private void WriteOperation(
        ResourceForm form, string method, string action, (string Name, string Type)[] parameters, string[] bodyTypes)
    {
        writer.WriteStartObject(method);
        writer.WriteString("x-kubernetes-action"u8, action);
        writer.WritePropertyName(KindName.Extension);
        KindName.Of(form).Write(writer);
        writer.WriteStartArray("parameters"u8);
        foreach (var (name, type) in parameters)
            WriteParameter(name, type, "query");
        if (isVersion2 && bodyTypes.Length > 0)
            WriteBodyParameter(form, method);
        writer.WriteEndArray();
        if (isVersion2)
            WriteMediaTypes(bodyTypes);
        else if (bodyTypes.Length > 0)
            WriteRequestBody(form, method, bodyTypes);
        WriteResponses(form, action);
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

    private void WritePathParameters(ResourceForm form, bool hasName)
    {
        writer.WriteStartArray("parameters"u8);
        if (hasName)
            WriteParameter("name", "string", "path");
        if (form.Definition.Namespaced)
            WriteParameter("namespace", "string", "path");
        WriteParameter("pretty", "string", "query");
        writer.WriteEndArray();
    }

    private void WriteBodyParameter(ResourceForm form, string method)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, "body"u8);
        writer.WriteString("in"u8, "body"u8);
        writer.WriteBoolean("required"u8, true);
        WriteBodySchema(form, method);
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

    private void WriteRequestBody(ResourceForm form, string method, string[] bodyTypes)
    {
        writer.WriteStartObject("requestBody"u8);
        writer.WriteStartObject("content"u8);
        foreach (var type in bodyTypes)
        {
            writer.WriteStartObject(type);
            WriteBodySchema(form, method);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteBoolean("required"u8, true);
        writer.WriteEndObject();
    }

    private void WriteBodySchema(ResourceForm form, string method)
    {
        writer.WritePropertyName("schema"u8);
        if (method != "patch")
        {
            schemas.WriteReference(form.ModelType);
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("type"u8, "object"u8);
        writer.WriteEndObject();
    }

    private void WriteResponses(ResourceForm form, string action)
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
            schemas.WriteReference(form.ModelType);
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
