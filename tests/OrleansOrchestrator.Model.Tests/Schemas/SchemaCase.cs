using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Schemas;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Model.Tests.Schemas;

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

    public string Defaulted(string json)
    {
        var node = JsonNode.Parse(Quoted(json));
        Defaulting.Apply(node, _schema);
        return Shown(node);
    }

    /// <summary>The faults, one a line.</summary>
    public string Faults(string json)
    {
        var errors = new FieldErrors();
        SchemaValidation.Validate(JsonNode.Parse(Quoted(json)), _schema, null, errors);
        return string.Join('\n', errors.All).Replace('"', '\'');
    }

    public string Unknown(string json) => string.Join('\n', SchemaFields.Find(Encoding.UTF8.GetBytes(Quoted(json)), _schema)).Replace('"', '\'');

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
