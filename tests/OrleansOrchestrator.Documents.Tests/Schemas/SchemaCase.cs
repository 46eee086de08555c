using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Documents.Schemas;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Documents.Tests.Schemas;

/// <summary>Puts a schema to work on JSON; in both, single quotes stand for double ones.</summary>
internal sealed class SchemaCase(string schema)
{
    private readonly StructuralSchema _schema = StructuralSchema.Read(JsonDocument.Parse(Quoted(schema)).RootElement);

    public string Pruned(string json)
    {
        var node = JsonNode.Parse(Quoted(json));
        Pruning.Prune(node, _schema, isResource: true);
        return Shown(node);
    }

    /// <summary>What is left once the schema's unwanted nulls are gone, and its defaults are filled in.</summary>
    public string WithoutNulls(string json)
    {
        var node = JsonNode.Parse(Quoted(json));
        Pruning.PruneNulls(node, _schema);
        Defaulting.Apply(node, _schema);
        return Shown(node);
    }

    /// <summary>What is left once embedded objects are in shape, or why they cannot be.</summary>
    public string Coerced(string json, bool dropsMalformed = false)
    {
        var node = JsonNode.Parse(Quoted(json));
        try
        {
            EmbeddedResources.Coerce(node, _schema, null, dropsMalformed);
            return Shown(node);
        }
        catch (FormatException malformed)
        {
            return malformed.Message.Replace('"', '\'');
        }
    }

    /// <summary>The faults of embedded objects, one a line.</summary>
    public string EmbeddedFaults(string json)
    {
        var errors = new FieldErrors();
        EmbeddedResources.Validate(JsonNode.Parse(Quoted(json)), _schema, null, errors);
        return string.Join('\n', errors.All).Replace('"', '\'');
    }

    public string Defaulted(string json)
    {
        var node = JsonNode.Parse(Quoted(json));
        Defaulting.Apply(node, _schema);
        return Shown(node);
    }

    /// <summary>The faults, one a line.</summary>
    public string Faults(string json, string? current = null)
    {
        var errors = new FieldErrors();
        SchemaValidation.Validate(JsonNode.Parse(Quoted(json)), _schema, null, errors, current is null ? null : JsonNode.Parse(Quoted(current)));
        return string.Join('\n', errors.All).Replace('"', '\'');
    }

    public string Unknown(string json) => string.Join('\n', UnknownFields.Find(Encoding.UTF8.GetBytes(Quoted(json)), _schema)).Replace('"', '\'');

    /// <summary>The faults of the schema itself.</summary>
    public static string RulesOf(string schema)
    {
        var errors = new FieldErrors();
        SchemaRules.Validate(JsonDocument.Parse(Quoted(schema)).RootElement, FieldPath.Root("schema"), errors);
        return string.Join('\n', errors.All).Replace('"', '\'');
    }

    private static string Quoted(string json) => json.Replace('\'', '"');

    private static string Shown(JsonNode? node) => (node?.ToJsonString() ?? "null").Replace('"', '\'');
}
