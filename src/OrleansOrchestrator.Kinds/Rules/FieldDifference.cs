using System.Text.Json;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Kinds.Rules;

/// <summary>Lists the fields that a refused update changes.</summary>
internal static class FieldDifference
{
    /// <summary>The most differences that are listed.</summary>
    public const int LinesMax = 10;

    /// <summary>One line for each changed field, as in <c>nodeName: "a" → "b"</c>; empty if nothing differs.</summary>
    public static string Describe<T>(T before, T after)
    {
        var lines = new List<string>();
        Compare(ToElement(before), ToElement(after), "", lines);
        return string.Join('\n', lines);
    }

    private static JsonElement ToElement<T>(T value) => JsonSerializer.SerializeToElement(value, ObjectCodec.Options);

    private static void Compare(JsonElement before, JsonElement after, string path, List<string> lines)
    {
        if (lines.Count == LinesMax || SemanticEquality.Equal(before, after))
            return;
        if (before.ValueKind == JsonValueKind.Object && after.ValueKind == JsonValueKind.Object)
        {
            var names = before.EnumerateObject().Concat(after.EnumerateObject()).Select(property => property.Name);
            foreach (var name in names.Distinct(StringComparer.Ordinal))
                Compare(Property(before, name), Property(after, name), path.Length == 0 ? name : $"{path}.{name}", lines);
        }
        else if (before.ValueKind == JsonValueKind.Array && after.ValueKind == JsonValueKind.Array
            && before.GetArrayLength() == after.GetArrayLength())
        {
            for (var i = 0; i < before.GetArrayLength(); i++)
                Compare(before[i], after[i], $"{path}[{i}]", lines);
        }
        else
        {
            lines.Add($"{path}: {Text(before)} → {Text(after)}");
        }
    }

    private static JsonElement Property(JsonElement obj, string name) => obj.TryGetProperty(name, out var value) ? value : default;

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.Undefined ? "unset" : value.GetRawText();
}
