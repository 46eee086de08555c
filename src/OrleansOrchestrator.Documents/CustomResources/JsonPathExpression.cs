using System.Globalization;
using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Documents.CustomResources;

/// <summary>
/// A path into a JSON document in kubectl's dialect of JSONPath, limited to what columns need: fields (<c>.spec.name</c>,
/// <c>['name']</c>), elements (<c>[0]</c>, <c>[-1]</c>, <c>[*]</c>), and comparing filters (<c>[?(@.type=="Ready")]</c>).
/// </summary>
/// <remarks>https://kubernetes.io/docs/reference/kubectl/jsonpath/</remarks>
public sealed class JsonPathExpression
{
    private readonly List<Step> _steps;

    private JsonPathExpression(List<Step> steps) => _steps = steps;

    private abstract record Step;

    private sealed record Field(string Name) : Step;

    private sealed record Element(int Index) : Step;

    private sealed record All : Step;

    private sealed record Filter(JsonPathExpression Path, string? Value, bool IsEqual) : Step;

    /// <summary>Parses a path; null if it is malformed.</summary>
    public static JsonPathExpression? TryParse(string text)
    {
        var steps = new List<Step>();
        var rest = text.AsSpan().Trim();
        while (!rest.IsEmpty)
        {
            if (rest[0] == '[')
            {
                var end = EndOfBracket(rest);
                if (end < 0 || ReadBracket(rest[1..end].Trim()) is not { } step)
                    return null;
                steps.Add(step);
                rest = rest[(end + 1)..];
            }
            else
            {
                if (rest[0] == '.')
                    rest = rest[1..];
                else if (steps.Count > 0)
                    return null;
                if (!rest.IsEmpty && rest[0] == '[')
                    continue;
                if (!TryReadName(ref rest, out var name))
                    return null;
                steps.Add(name == "*" ? new All() : new Field(name));
            }
        }

        return new JsonPathExpression(steps);
    }

    /// <summary>Whether the first step is a field of this name.</summary>
    public bool StartsAt(string field) => _steps.Count == 0 || _steps[0] is Field first && first.Name == field;

    /// <summary>All values at the path.</summary>
    public IEnumerable<JsonNode> Find(JsonNode? root)
    {
        IEnumerable<JsonNode> found = root is null ? [] : [root];
        foreach (var step in _steps)
            found = found.SelectMany(node => Follow(node, step));
        return found;
    }

    private static IEnumerable<JsonNode> Follow(JsonNode node, Step step)
    {
        switch (step, node)
        {
            case (Field field, JsonObject obj):
                return obj[field.Name] is { } value ? [value] : [];
            case (Element element, JsonArray array):
                var index = element.Index < 0 ? array.Count + element.Index : element.Index;
                return index >= 0 && index < array.Count && array[index] is { } at ? [at] : [];
            case (All, JsonArray array):
                return array.OfType<JsonNode>();
            case (All, JsonObject obj):
                return obj.Select(entry => entry.Value).OfType<JsonNode>();
            case (Filter filter, JsonArray array):
                return array.OfType<JsonNode>().Where(candidate => Passes(candidate, filter));
            default:
                return [];
        }
    }

    private static bool Passes(JsonNode candidate, Filter filter)
    {
        var found = filter.Path.Find(candidate).FirstOrDefault();
        if (filter.Value is null)
            return found is not null;
        var text = found is JsonValue scalar && scalar.TryGetValue<string>(out var value) ? value : found?.ToJsonString();
        return text is not null && text == filter.Value == filter.IsEqual;
    }

    private static int EndOfBracket(ReadOnlySpan<char> text)
    {
        var depth = 0;
        var quote = '\0';
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quote != '\0')
                quote = c == quote ? '\0' : quote;
            else if (c is '"' or '\'')
                quote = c;
            else if (c == '[')
                depth++;
            else if (c == ']' && --depth == 0)
                return i;
        }

        return -1;
    }

    private static Step? ReadBracket(ReadOnlySpan<char> text)
    {
        if (text is "*")
            return new All();
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index))
            return new Element(index);
        if (Unquoted(text) is { } name)
            return new Field(name);
        return text.StartsWith("?(") && text.EndsWith(")") ? ReadFilter(text[2..^1].Trim()) : null;
    }

    private static Filter? ReadFilter(ReadOnlySpan<char> text)
    {
        if (!text.StartsWith("@"))
            return null;
        var equal = text.IndexOf("==");
        var at = equal >= 0 ? equal : text.IndexOf("!=");
        var path = TryParse((at < 0 ? text[1..] : text[1..at].Trim()).ToString());
        if (path is null)
            return null;
        return at < 0 ? new Filter(path, null, true) : new Filter(path, ValueOf(text[(at + 2)..].Trim()), equal >= 0);
    }

    private static string ValueOf(ReadOnlySpan<char> text) => Unquoted(text) ?? text.ToString();

    private static string? Unquoted(ReadOnlySpan<char> text) =>
        text.Length >= 2 && text[0] is '"' or '\'' && text[^1] == text[0] ? text[1..^1].ToString() : null;

    /// <summary>Reads a field's name up to an unescaped dot or bracket.</summary>
    private static bool TryReadName(ref ReadOnlySpan<char> rest, out string name)
    {
        var read = new System.Text.StringBuilder();
        var i = 0;
        for (; i < rest.Length && rest[i] is not ('.' or '['); i++)
        {
            if (rest[i] == '\\' && i + 1 < rest.Length)
                i++;
            read.Append(rest[i]);
        }

        rest = rest[i..];
        name = read.ToString();
        return name.Length > 0;
    }
}
