using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Documents.Patching;

/// <summary>Merges one list of a strategic merge patch: objects by their merge key, scalars as a set.</summary>
/// <remarks>
/// The merged list combines two orders: elements of the patch are in the patch's order, other elements in the server's. Between the
/// two, an element of the server precedes the first element of the patch that it preceded on the server. Elements have no parents here.
/// </remarks>
/// <param name="schema">The schema of the elements.</param>
/// <param name="mergeKey">The key member; null for scalars.</param>
internal sealed class StrategicListMerge(PatchSchema schema, string? mergeKey)
{
    /// <summary>Merges the patch's elements into the server's.</summary>
    public List<JsonNode?> Merge(List<JsonNode?> server, List<JsonNode?> patch)
    {
        CheckKinds(server, patch);
        if (mergeKey is null)
            return Arrange([.. server.Concat(patch).DistinctBy(ScalarKey)], patch.ConvertAll(ScalarKey), server.ConvertAll(ScalarKey));

        var replaces = TakeMarks(server, patch);
        if (replaces)
            return patch.ConvertAll(PatchDirectives.Strip);

        var serverOrder = server.ConvertAll(Key);
        var patchOrder = patch.ConvertAll(Key);
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < server.Count; i++)
            places.TryAdd(serverOrder[i], i);
        var merged = new List<JsonNode?>(server);
        for (var i = 0; i < patch.Count; i++)
        {
            if (places.TryGetValue(patchOrder[i], out var place))
            {
                merged[place] = StrategicMergePatch.Merge((JsonObject)merged[place]!, (JsonObject)patch[i]!, schema);
                continue;
            }

            places.Add(patchOrder[i], merged.Count);
            merged.Add(PatchDirectives.Strip(patch[i]));
        }

        return Arrange(merged, patchOrder, serverOrder);
    }

    /// <summary>Merges, and orders the elements as the patch demands.</summary>
    public List<JsonNode?> MergeInOrder(List<JsonNode?> server, List<JsonNode?> patch, JsonArray order)
    {
        CheckKinds(server, patch);
        var wanted = order.Select(Key).ToList();
        CheckOrder(patch, wanted);
        var serverOrder = server.ConvertAll(Key);
        return Arrange(Merge(server, patch), wanted, serverOrder);
    }

    /// <summary>The key of a scalar.</summary>
    public static string ScalarKey(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue(out string? text) ? $"\"{text}\"" : node?.ToJsonString() ?? "null";

    private string Key(JsonNode? node)
    {
        if (mergeKey is null)
            return ScalarKey(node);
        return node is JsonObject element && element.TryGetPropertyValue(mergeKey, out var value) && value is not null
            ? ScalarKey(value)
            : throw PatchException.Malformed($"map: {ScalarKey(node)} does not contain declared merge key: {mergeKey}");
    }

    /// <summary>Executes the directives among the patch's elements, and removes them from the patch.</summary>
    /// <returns>Whether the patch replaces the list.</returns>
    private bool TakeMarks(List<JsonNode?> server, List<JsonNode?> patch)
    {
        var replaces = false;
        var deleted = new HashSet<string>(StringComparer.Ordinal);
        patch.RemoveAll(node =>
        {
            var element = (JsonObject)node!;
            switch (PatchDirectives.MarkOf(element))
            {
                case PatchDirectives.Delete:
                    deleted.Add(Key(element));
                    return true;
                case PatchDirectives.Replace:
                    replaces = true;
                    return true;
                case PatchDirectives.Merge when element.Count == 1:
                    return true;
                default:
                    return false;
            }
        });
        if (deleted.Count > 0)
            server.RemoveAll(element => deleted.Contains(Key(element)));
        return replaces;
    }

    private List<JsonNode?> Arrange(List<JsonNode?> elements, List<string> wantedOrder, List<string> serverOrder)
    {
        var wanted = Ranks(wantedOrder);
        var onServer = Ranks(serverOrder);
        var ordered = elements.Where(element => wanted.ContainsKey(Key(element))).OrderBy(element => wanted[Key(element)]).ToList();
        var others = new Queue<JsonNode?>(elements.Where(element => !wanted.ContainsKey(Key(element))));

        var arranged = new List<JsonNode?>(elements.Count);
        foreach (var element in ordered)
        {
            while (others.TryPeek(out var other) && Precedes(onServer, other, element))
                arranged.Add(others.Dequeue());
            arranged.Add(element);
        }

        arranged.AddRange(others);
        return arranged;
    }

    private bool Precedes(Dictionary<string, int> onServer, JsonNode? left, JsonNode? right) =>
        onServer.TryGetValue(Key(left), out var leftRank) && onServer.TryGetValue(Key(right), out var rightRank) && leftRank < rightRank;

    private static Dictionary<string, int> Ranks(List<string> keys)
    {
        var ranks = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var key in keys)
            ranks.TryAdd(key, ranks.Count);
        return ranks;
    }

    // The elements that a patch adds or changes must be in the order that it demands; otherwise one of the two is a mistake.
    private void CheckOrder(List<JsonNode?> patch, List<string> wanted)
    {
        var ranks = Ranks(wanted);
        var last = -1;
        foreach (var key in patch.Where(IsPresent).Select(Key))
        {
            if (!ranks.TryGetValue(key, out var rank) || rank < last)
            {
                throw PatchException.Malformed(
                    $"The order in patch list:\n[{string.Join(' ', patch.Select(ScalarKey))}]\n doesn't match {PatchDirectives.SetElementOrder[..^1]} list:\n[{string.Join(' ', wanted)}]\n");
            }

            last = rank;
        }
    }

    private static bool IsPresent(JsonNode? node) =>
        node is not JsonObject element || PatchDirectives.MarkOf(element) is null || (element.Count > 1 && PatchDirectives.MarkOf(element) == PatchDirectives.Merge);

    private void CheckKinds(List<JsonNode?> server, List<JsonNode?> patch)
    {
        var expected = mergeKey is null ? "scalars" : "objects";
        foreach (var node in server.Concat(patch))
        {
            if (node is JsonArray)
                throw PatchException.Malformed("lists of lists are not supported");
            if (node is JsonObject != (mergeKey is not null))
                throw PatchException.Malformed($"list element types are not identical: {ScalarKey(node)} is not among {expected}");
        }
    }
}
