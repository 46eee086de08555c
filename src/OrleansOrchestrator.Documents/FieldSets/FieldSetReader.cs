using System.Text.Json;
using OrleansOrchestrator.Documents.FieldSchemas;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Documents.FieldSets;

/// <summary>
/// Collects the paths of a value, which are those that its applier owns. On request it also reports faults: undeclared fields, and list
/// elements with equal keys.
/// </summary>
/// <param name="faults">Receives faults; null to skip the check.</param>
internal sealed class FieldSetReader(List<string>? faults = null)
{
    // Keeps an error readable, whatever the value's size.
    private const int ShownCharactersMax = 100;

    private readonly Stack<string> _path = new();

    /// <summary>The paths below a value.</summary>
    public FieldSet Read(JsonElement value, FieldSchema schema) => ReadBelow(value, schema, out _);

    /// <summary>The paths below a value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="isLeaf">Whether the value is owned as a whole.</param>
    private FieldSet ReadBelow(JsonElement value, FieldSchema schema, out bool isLeaf)
    {
        schema = schema.For(value);
        isLeaf = schema.Shape == FieldShape.Leaf;
        if (isLeaf || value.ValueKind == JsonValueKind.Null)
            return FieldSet.Empty;
        var isMap = schema.Shape == FieldShape.Map;
        if (value.ValueKind != (isMap ? JsonValueKind.Object : JsonValueKind.Array))
        {
            Report($"expected {(isMap ? "map" : "list")}, got {Shortened(value)}");
            isLeaf = true;
            return FieldSet.Empty;
        }

        return isMap ? ReadMap(value, schema) : ReadList(value, schema);
    }

    private FieldSet ReadMap(JsonElement map, FieldSchema schema)
    {
        var builder = default(FieldSetBuilder);
        foreach (var member in map.EnumerateObject())
        {
            var field = schema.Find(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8PropertyName(member));
            if (field is { IsUnowned: true })
                continue;
            var element = field?.Element ?? PathElement.OfMember(member);
            if ((field?.Value ?? schema.Element) is not { } valueSchema)
            {
                Report("field not declared in schema", element);
                continue;
            }

            var below = ReadInner(element, member.Value, valueSchema, out var isLeaf);
            builder.Add(element, isLeaf || field is null || IsEmptyOrNull(member.Value), below);
        }

        return builder.Build();
    }

    private FieldSet ReadList(JsonElement list, FieldSchema schema)
    {
        var items = new ListItems(list, schema);
        var builder = default(FieldSetBuilder);
        for (var i = 0; i < items.Count; i++)
        {
            var element = items.ElementAt(i);
            if (items.MissingKeyAt(i) is { } key)
            {
                Report($"element {i}: associative list with keys has an element that omits key field \"{key}\" (and doesn't have default value)");
                continue;
            }

            if (!items.IsDuplicate(i))
            {
                builder.Add(element, isMember: true, ReadInner(element, items[i], schema.Element!, out _));
                continue;
            }

            // Fields of duplicates cannot be assigned to one of them.
            builder.Add(element, isMember: true, FieldSet.Empty);
            if (!items.IsFirst(i))
                Report($"duplicate entries for key {PathElement.Display(element)}");
        }

        return builder.Build();
    }

    private FieldSet ReadInner(string element, JsonElement value, FieldSchema schema, out bool isLeaf)
    {
        if (faults is null)
            return ReadBelow(value, schema, out isLeaf);
        _path.Push(element);
        var below = ReadBelow(value, schema, out isLeaf);
        _path.Pop();
        return below;
    }

    private static bool IsEmptyOrNull(JsonElement value) =>
        value.ValueKind == JsonValueKind.Null || (value.ValueKind == JsonValueKind.Object && value.GetPropertyCount() == 0);

    private string Shortened(JsonElement value)
    {
        if (faults is null)
            return "";
        var text = value.GetRawText();
        return text.Length <= ShownCharactersMax ? text : text[..ShownCharactersMax] + "...";
    }

    private void Report(string fault, string? element = null)
    {
        if (faults is null || faults.Count >= StrictFields.FaultsMax)
            return;
        var path = string.Concat(_path.Reverse().Append(element).OfType<string>().Select(PathElement.Display));
        faults.Add($"{path}: {fault}");
    }
}
