using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Documents.Patching;

/// <summary>One operation of a JSON patch. Its members are validated before any operation is applied.</summary>
internal sealed class JsonPatchOperation
{
    private JsonPatchOperation(string name, JsonPointer path, JsonPointer? from, JsonNode? value)
    {
        Name = name;
        Path = path;
        From = from;
        Value = value;
    }

    /// <summary>The operation: add, remove, replace, move, copy or test.</summary>
    public string Name { get; }

    /// <summary>The target.</summary>
    public JsonPointer Path { get; }

    /// <summary>The source of move and copy.</summary>
    public JsonPointer? From { get; }

    /// <summary>The value of add, replace and test, without a parent.</summary>
    public JsonNode? Value { get; }

    public static JsonPatchOperation Parse(JsonNode? node)
    {
        if (node is not JsonObject members)
            throw PatchException.Malformed("error decoding patch: an operation must be a JSON object");
        var name = Text(members, "op");
        var path = JsonPointer.Parse(Text(members, "path"));
        switch (name)
        {
            case "add" or "replace" or "test":
                if (!members.Remove("value", out var value))
                    throw PatchException.Malformed($"{name} operation for path {path} has no value");
                return new(name, path, null, value);
            case "move" or "copy":
                return new(name, path, JsonPointer.Parse(Text(members, "from")), null);
            case "remove":
                return new(name, path, null, null);
            default:
                throw PatchException.Malformed($"Unexpected kind: {name}");
        }
    }

    /// <summary>The unknown members of operations.</summary>
    public static IEnumerable<string> UnknownMembers(JsonArray operations)
    {
        for (var i = 0; i < operations.Count; i++)
        {
            foreach (var (name, _) in operations[i] as JsonObject ?? [])
            {
                if (name is not ("op" or "path" or "from" or "value"))
                    yield return string.Create(CultureInfo.InvariantCulture, $"unknown field \"[{i}].{name}\"");
            }
        }
    }

    private static string Text(JsonObject members, string name) =>
        members[name] is JsonValue value && value.GetValueKind() == JsonValueKind.String
            ? value.GetValue<string>()
            : throw PatchException.Malformed($"error decoding patch: an operation must have a string member \"{name}\"");
}
