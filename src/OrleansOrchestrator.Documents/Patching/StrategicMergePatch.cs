using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Documents.Patching;

/// <summary>
/// Kubernetes' strategic merge patch: a merge patch that knows which lists are maps by a key, and merges their elements instead of
/// replacing the list.
/// </summary>
/// <remarks>
/// See "Notes on the strategic merge patch" in the Kubernetes documentation. For example the patch
/// <code>{"spec":{"containers":[{"name":"web","image":"nginx:2"}]}}</code>
/// changes the image of the container web, and leaves its other fields and the other containers alone.
/// </remarks>
public static class StrategicMergePatch
{
    /// <summary>Applies a patch to an object of a built-in kind.</summary>
    /// <param name="document">The object; it is not changed.</param>
    /// <param name="patch">The patch as UTF-8 JSON.</param>
    /// <param name="type">The object's model type, which determines the merge keys.</param>
    /// <param name="faults">Receives duplicate fields of the patch; null to ignore them.</param>
    /// <exception cref="PatchException">The patch is malformed.</exception>
    public static JsonNode Apply(JsonNode document, ReadOnlySpan<byte> patch, Type type, ICollection<string>? faults = null)
    {
        // Numbers are merged as Go holds them, so that 3.0 is an integer; other patches keep their text.
        var changes = PatchDocument.ParseObject(patch, faults, keepsNumbers: false);
        var target = document.DeepClone() as JsonObject
            ?? throw PatchException.NotApplicable("a strategic merge patch applies to objects only");
        return Merge(target, changes, PatchSchema.Of(type));
    }

    /// <summary>Applies a patch to an encoded object of a built-in kind.</summary>
    /// <param name="document">The object as UTF-8 JSON.</param>
    /// <param name="patch">The patch as UTF-8 JSON.</param>
    /// <param name="type">The object's model type, which determines the merge keys.</param>
    /// <param name="faults">Receives duplicate fields of the patch; null to ignore them.</param>
    /// <exception cref="PatchException">The patch is malformed.</exception>
    public static byte[] Apply(ReadOnlySpan<byte> document, ReadOnlySpan<byte> patch, Type type, ICollection<string>? faults = null) =>
        Apply(document, Parse(patch, faults), type);

    /// <summary>Parses a patch.</summary>
    /// <exception cref="PatchException">The patch is malformed.</exception>
    public static JsonObject Parse(ReadOnlySpan<byte> patch, ICollection<string>? faults = null) =>
        PatchDocument.ParseObject(patch, faults, keepsNumbers: false);

    /// <summary>Applies a parsed patch, which it consumes, to an encoded object.</summary>
    /// <exception cref="PatchException">The patch is malformed.</exception>
    public static byte[] Apply(ReadOnlySpan<byte> document, JsonObject patch, Type type) => EncodedMerge.Apply(document, patch, PatchSchema.Of(type));

    /// <summary>Merges a patch, which it consumes, into an object.</summary>
    /// <returns>The object, or its replacement, which has no parent if the object has none.</returns>
    internal static JsonObject Merge(JsonObject target, JsonObject patch, PatchSchema schema)
    {
        switch (PatchDirectives.MarkOf(patch))
        {
            case PatchDirectives.Delete:
                return [];
            case PatchDirectives.Replace:
                return (JsonObject)PatchDirectives.Strip(patch)!;
        }

        patch.Remove(PatchDirectives.Marker);
        RetainKeys(target, patch);
        MergeOrderedLists(target, patch, schema);
        DeleteFromPrimitiveLists(target, patch);
        foreach (var name in Names(patch, ""))
            MergeMember(target, name, PatchDocument.Detach(patch, name), schema);
        return target;
    }

    private static void MergeMember(JsonObject target, string name, JsonNode? value, PatchSchema schema)
    {
        if (value is null)
        {
            target.Remove(name);
            return;
        }

        var (fieldSchema, strategy) = schema.Field(name);
        switch (target[name], value)
        {
            case (JsonObject present, JsonObject changes) when !strategy.ReplacesObject:
                var merged = Merge(present, changes, fieldSchema);
                if (!ReferenceEquals(merged, present))
                    target[name] = merged;
                break;
            case (JsonArray present, JsonArray changes) when strategy.MergesList:
                var list = new StrategicListMerge(fieldSchema, strategy.MergeKey);
                list.Merge(PatchDocument.Detach(present), PatchDocument.Detach(changes)).ForEach(present.Add);
                break;
            case (_, JsonObject added) when PatchDirectives.MarkOf(added) == PatchDirectives.Delete:
                target.Remove(name);
                break;
            default:
                target[name] = PatchDirectives.Strip(value);
                break;
        }
    }

    private static void RetainKeys(JsonObject target, JsonObject patch)
    {
        if (!patch.Remove(PatchDirectives.RetainKeys, out var directive))
            return;
        if (directive is not JsonArray list || !list.All(IsString))
            throw PatchException.Malformed("invalid patch format of retainKeys");
        var retained = list.Select(name => name!.GetValue<string>()).ToHashSet(StringComparer.Ordinal);
        if (patch.Any(member => member.Value is not null && !member.Key.StartsWith('$') && !retained.Contains(member.Key)))
            throw PatchException.Malformed("patch content doesn't match retainKeys list");
        foreach (var name in Names(target, "").Where(name => !retained.Contains(name)))
            target.Remove(name);
    }

    private static void MergeOrderedLists(JsonObject target, JsonObject patch, PatchSchema schema)
    {
        foreach (var directive in Names(patch, PatchDirectives.SetElementOrder))
        {
            var name = directive[PatchDirectives.SetElementOrder.Length..];
            if (PatchDocument.Detach(patch, directive) is not JsonArray order)
                throw PatchException.Malformed("invalid patch format of setElementOrder list");
            if (patch.TryGetPropertyValue(name, out var listed) && listed is not JsonArray)
                continue;

            var (fieldSchema, strategy) = schema.Field(name);
            if (!strategy.MergesList)
                continue;
            var changes = PatchDocument.Detach(patch, name) as JsonArray;
            if (target[name] is not JsonArray present)
            {
                if (changes is null)
                    continue;
                target[name] = present = [];
            }

            var list = new StrategicListMerge(fieldSchema, strategy.MergeKey);
            var changed = changes is null ? [] : PatchDocument.Detach(changes);
            list.MergeInOrder(PatchDocument.Detach(present), changed, order).ForEach(present.Add);
        }
    }

    private static void DeleteFromPrimitiveLists(JsonObject target, JsonObject patch)
    {
        foreach (var directive in Names(patch, PatchDirectives.DeleteFromPrimitiveList))
        {
            if (PatchDocument.Detach(patch, directive) is not JsonArray deleted)
                throw PatchException.Malformed("invalid patch format of primitive list");
            if (target[directive[PatchDirectives.DeleteFromPrimitiveList.Length..]] is not JsonArray present)
                continue;
            var keys = deleted.Select(StrategicListMerge.ScalarKey).ToHashSet(StringComparer.Ordinal);
            foreach (var element in PatchDocument.Detach(present).Where(element => !keys.Contains(StrategicListMerge.ScalarKey(element))))
                present.Add(element);
        }
    }

    private static List<string> Names(JsonObject node, string prefix) =>
        [.. node.Select(member => member.Key).Where(name => name.StartsWith(prefix, StringComparison.Ordinal))];

    private static bool IsString(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String;
}
