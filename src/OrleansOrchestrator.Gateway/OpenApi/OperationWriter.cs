using System.Text.Json;
using OrleansOrchestrator.Gateway.Json;
using OrleansOrchestrator.Gateway.Negotiation;

namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>Writes one operation of a path.</summary>
/// <param name="writer">The output.</param>
/// <param name="dialect">The version of OpenAPI.</param>
internal sealed class OperationWriter(Utf8JsonWriter writer, OpenApiDialect dialect)
{
    private static readonly string[] BodyTypes = [MediaTypes.Json, MediaTypes.Yaml];

    /// <summary>Writes an operation under its method.</summary>
    public void Write(Operation operation)
    {
        writer.WriteStartObject(operation.Method);
        writer.WriteStrings("tags"u8, [operation.Tag]);
        writer.WriteString("operationId"u8, operation.Id);
        writer.WriteString("x-kubernetes-action"u8, operation.Action);
        writer.WritePropertyName(KindName.Extension);
        operation.Kind.Write(writer);
        writer.WriteStartArray("parameters"u8);
        foreach (var parameter in operation.Parameters)
            WriteParameter(parameter);
        if (dialect.IsVersion2 && operation.BodyTypes.Count > 0)
            WriteBodyParameter(operation);
        writer.WriteEndArray();
        if (dialect.IsVersion2)
            WriteMediaTypes(operation);
        else if (operation.BodyTypes.Count > 0)
            WriteRequestBody(operation);
        WriteResponses(operation);
        writer.WriteEndObject();
    }

    /// <summary>Writes a parameter of an operation, or of all operations of a path.</summary>
    public void WriteParameter(Parameter parameter)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, parameter.Name);
        writer.WriteString("in"u8, parameter.Place);
        if (parameter.Place == Parameter.InPath)
            writer.WriteBoolean("required"u8, true);
        if (!dialect.IsVersion2)
            writer.WriteStartObject("schema"u8);
        writer.WriteString("type"u8, parameter.Type);
        writer.WriteBoolean("uniqueItems"u8, true);
        if (!dialect.IsVersion2)
            writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private void WriteBodyParameter(Operation operation)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, "body"u8);
        writer.WriteString("in"u8, "body"u8);
        writer.WriteBoolean("required"u8, operation.Method != "delete");
        WriteSchema(operation.Body);
        writer.WriteEndObject();
    }

    private void WriteMediaTypes(Operation operation)
    {
        writer.WriteStrings("consumes"u8, operation.BodyTypes.Count > 0 ? operation.BodyTypes : ["*/*"]);
        writer.WriteStrings("produces"u8, BodyTypes);
    }

    private void WriteRequestBody(Operation operation)
    {
        writer.WriteStartObject("requestBody"u8);
        writer.WriteStartObject("content"u8);
        foreach (var type in operation.BodyTypes)
        {
            writer.WriteStartObject(type);
            WriteSchema(operation.Body);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        if (operation.Method != "delete")
            writer.WriteBoolean("required"u8, true);
        writer.WriteEndObject();
    }

    private void WriteResponses(Operation operation)
    {
        writer.WriteStartObject("responses"u8);
        writer.WriteStartObject(operation.Action == "post" ? "201"u8 : "200"u8);
        writer.WriteString("description"u8, "OK"u8);
        if (dialect.IsVersion2)
        {
            WriteSchema(operation.Answer);
        }
        else
        {
            writer.WriteStartObject("content"u8);
            foreach (var type in BodyTypes)
            {
                writer.WriteStartObject(type);
                WriteSchema(operation.Answer);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>Writes a reference to a schema; without a name, a schema that allows anything.</summary>
    private void WriteSchema(string? name)
    {
        writer.WriteStartObject("schema"u8);
        if (name is null)
            writer.WriteString("type"u8, "object"u8);
        else
            writer.WriteString("$ref"u8, dialect.ReferencePrefix + name);
        writer.WriteEndObject();
    }
}
