using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using OrleansOrchestrator.Documents.Schemas;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Documents.Tests.Schemas;

public sealed class SchemaPropertyTests
{
    private static readonly string[] Names = ["a", "b", "c"];

    /// <summary>Schemas whose defaults are valid, up to three levels deep.</summary>
    private static readonly Gen<JsonNode> Schemas = SchemasOfDepth(3);

    private static readonly Gen<JsonNode?> Values = ValuesOfDepth(3);

    [Fact]
    public void Pruning_OfAnything_IsDoneOnce() => Gen.Select(Schemas, Values).Sample(
        (schema, value) =>
        {
            var structural = Read(schema);
            var once = Pruned(value, structural);
            JsonNode.DeepEquals(Pruned(once, structural), once).ShouldBeTrue();
        });

    [Fact]
    public void Pruning_OfAnything_LeavesNoUnknownField() => Gen.Select(Schemas, Values).Sample((schema, value) =>
    {
        var structural = Read(schema);
        var body = new JsonObject { ["body"] = Pruned(value, structural)?.DeepClone() };
        var around = Read(new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["body"] = schema.DeepClone() } });
        UnknownFields.Find(JsonSerializer.SerializeToUtf8Bytes(body), around).ShouldBeEmpty();
    });

    [Fact]
    public void Defaulting_OfAnything_IsDoneOnceAndChangesNothingThatIsThere() => Gen.Select(Schemas, Values).Sample((schema, value) =>
    {
        var structural = Read(schema);
        var once = value?.DeepClone();
        Defaulting.Apply(once, structural);
        var twice = once?.DeepClone();
        Defaulting.Apply(twice, structural);
        JsonNode.DeepEquals(once, twice).ShouldBeTrue();
        Contains(once, value).ShouldBeTrue($"{value?.ToJsonString()} became {once?.ToJsonString()}");
    });

    [Fact]
    public void Validation_OfValueMadeFromItsSchema_FindsNoFault() => Schemas.Sample(schema =>
    {
        var errors = new FieldErrors();
        SchemaValidation.Validate(Fitting(schema), Read(schema), FieldPath.Root("f"), errors);
        errors.All.ShouldBeEmpty(schema.ToJsonString());
    });

    private static StructuralSchema Read(JsonNode schema) => StructuralSchema.Read(JsonSerializer.SerializeToElement(schema));

    private static JsonNode? Pruned(JsonNode? value, StructuralSchema schema)
    {
        var pruned = value?.DeepClone();
        Pruning.Prune(pruned, schema);
        return pruned;
    }

    private static bool Contains(JsonNode? whole, JsonNode? part) => (whole, part) switch
    {
        (JsonObject big, JsonObject small) => small.All(entry => big.ContainsKey(entry.Key) && (entry.Value is null || Contains(big[entry.Key], entry.Value))),
        (JsonArray big, JsonArray small) => big.Count == small.Count && big.Zip(small).All(pair => pair.Second is null || Contains(pair.First, pair.Second)),
        _ => JsonNode.DeepEquals(whole, part),
    };

    private static JsonNode? Fitting(JsonNode schema) => schema["type"]!.GetValue<string>() switch
    {
        "object" => new JsonObject((schema["properties"]?.AsObject() ?? []).Select(entry => KeyValuePair.Create(entry.Key, Fitting(entry.Value!)))),
        "array" => new JsonArray(Fitting(schema["items"]!), Fitting(schema["items"]!)),
        "integer" => JsonValue.Create(1),
        _ => JsonValue.Create("x"),
    };

    private static Gen<JsonNode> SchemasOfDepth(int depth)
    {
        var scalars = Gen.Frequency(
            (2, Gen.Const(() => Parse("""{"type":"integer","minimum":0}"""))),
            (2, Gen.Const(() => Parse("""{"type":"string"}"""))),
            (1, Gen.Const(() => Parse("""{"type":"integer","default":7}"""))),
            (1, Gen.Const(() => Parse("""{"type":"string","nullable":true,"default":"d"}"""))));
        if (depth == 0)
            return scalars;
        var inner = SchemasOfDepth(depth - 1);
        var arrays = inner.Select(items => (JsonNode)new JsonObject { ["type"] = "array", ["items"] = items.DeepClone() });
        var objects = Gen.Select(inner.Array[0, 3], Gen.Bool).Select((parts, preserves) =>
        {
            var properties = new JsonObject(parts.Select((part, i) => KeyValuePair.Create(Names[i], (JsonNode?)part.DeepClone())));
            var schema = new JsonObject { ["type"] = "object", ["properties"] = properties };
            if (preserves)
                schema["x-kubernetes-preserve-unknown-fields"] = true;
            return (JsonNode)schema;
        });
        return Gen.Frequency((1, scalars), (1, arrays), (3, objects));
    }

    private static Gen<JsonNode?> ValuesOfDepth(int depth)
    {
        var scalars = Gen.Frequency(
            (1, Gen.Const(() => (JsonNode?)null)),
            (2, Gen.Int[-2, 2].Select(number => (JsonNode?)JsonValue.Create(number))),
            (2, Gen.Bool.Select(isX => (JsonNode?)JsonValue.Create(isX ? "x" : "y"))));
        if (depth == 0)
            return scalars;
        var inner = ValuesOfDepth(depth - 1);
        var arrays = inner.Array[0, 3].Select(items => (JsonNode?)new JsonArray([.. items.Select(item => item?.DeepClone())]));
        var objects = inner.Array[0, 3].Select(parts =>
            (JsonNode?)new JsonObject(parts.Select((part, i) => KeyValuePair.Create(Names[i], part?.DeepClone()))));
        return Gen.Frequency((1, scalars), (1, arrays), (3, objects));
    }

    private static JsonNode Parse(string json) => JsonNode.Parse(json)!;
}
