using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Documents.Patching;

/// <summary>The directives of strategic merge patches.</summary>
internal static class PatchDirectives
{
    /// <summary>The operation on the containing object: <see cref="Replace"/>, <see cref="Delete"/> or <see cref="Merge"/>.</summary>
    public const string Marker = "$patch";

    public const string Replace = "replace";

    public const string Delete = "delete";

    public const string Merge = "merge";

    /// <summary>The names of the members that the object keeps.</summary>
    public const string RetainKeys = "$retainKeys";

    /// <summary>Values to remove from the list of scalars whose name follows.</summary>
    public const string DeleteFromPrimitiveList = "$deleteFromPrimitiveList/";

    /// <summary>The order of the elements of the list whose name follows.</summary>
    public const string SetElementOrder = "$setElementOrder/";

    /// <summary>The <see cref="Marker"/> of an object; null if it has none.</summary>
    public static string? MarkOf(JsonObject node)
    {
        if (!node.TryGetPropertyValue(Marker, out var mark))
            return null;
        var text = mark is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
        return text is Replace or Delete or Merge
            ? text
            : throw PatchException.Malformed($"unknown patch type: {mark?.ToString() ?? "null"} in map: {node.ToJsonString()}");
    }

    /// <summary>
    /// Turns a value without a counterpart into plain data: without directives, without what they delete, and without nulls that mean
    /// absence.
    /// </summary>
    public static JsonNode? Strip(JsonNode? value)
    {
        switch (value)
        {
            case JsonObject members:
                foreach (var name in members.Select(member => member.Key).ToList())
                {
                    if (name.StartsWith('$') && IsDirective(name))
                        members.Remove(name);
                    else if (members[name] is null || IsDeletion(members[name]))
                        members.Remove(name);
                    else
                        Strip(members[name]);
                }

                break;
            case JsonArray elements:
                foreach (var element in PatchDocument.Detach(elements))
                {
                    if (!IsDeletion(element) && !IsListMark(element))
                        elements.Add(Strip(element));
                }

                break;
        }

        return value;
    }

    private static bool IsDirective(string name) =>
        name is Marker or RetainKeys
        || name.StartsWith(DeleteFromPrimitiveList, StringComparison.Ordinal)
        || name.StartsWith(SetElementOrder, StringComparison.Ordinal);

    private static bool IsDeletion(JsonNode? node) => node is JsonObject members && MarkOf(members) == Delete;

    // An element that consists of a marker alone applies to its list.
    private static bool IsListMark(JsonNode? node) => node is JsonObject { Count: 1 } members && MarkOf(members) is not null;
}
