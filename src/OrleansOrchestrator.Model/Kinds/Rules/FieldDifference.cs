using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Model.Kinds.Rules;

/// <summary>Tells the author of a refused change which fields it changes.</summary>
internal static class FieldDifference
{
    /// <summary>The most differences that are listed; whoever changes more reads the first ones.</summary>
    public const int LinesMax = 10;

    /// <summary>One line per changed field, as in <c>nodeName: "a" → "b"</c>; empty if nothing differs.</summary>
    public static string Describe<T>(T before, T after)
    {
        var lines = new List<string>();
        Compare(ToNode(before), ToNode(after), "", lines);
        return string.Join('\n', lines);
    }

    private static JsonNode? ToNode<T>(T value) => JsonSerializer.SerializeToNode(value, ObjectCodec.Options);

    private static void Compare(JsonNode? before, JsonNode? after, string path, List<string> lines)
    {
        if (lines.Count == LinesMax || JsonNode.DeepEquals(before, after))
            return;
        if (before is JsonObject beforeObject && after is JsonObject afterObject)
        {
            foreach (var name in beforeObject.Concat(afterObject).Select(property => property.Key).Distinct(StringComparer.Ordinal))
                Compare(beforeObject[name], afterObject[name], path.Length == 0 ? name : $"{path}.{name}", lines);
        }
        else if (before is JsonArray beforeArray && after is JsonArray afterArray && beforeArray.Count == afterArray.Count)
        {
            for (var i = 0; i < beforeArray.Count; i++)
                Compare(beforeArray[i], afterArray[i], $"{path}[{i}]", lines);
        }
        else
        {
            lines.Add($"{path}: {Text(before)} → {Text(after)}");
        }
    }

    private static string Text(JsonNode? node) => node?.ToJsonString(ObjectCodec.Options) ?? "unset";
}
