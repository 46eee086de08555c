using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Documents.Patching;

/// <summary>JSON merge patch (RFC 7386): a document with the changes only, and null for removed members.</summary>
/// <remarks>As in Kubernetes, and unlike the RFC, nulls within objects of a list remove members too.</remarks>
public static class JsonMergePatch
{
    /// <summary>Applies a patch.</summary>
    /// <param name="document">The document; it is not changed.</param>
    /// <param name="patch">The patch as UTF-8 JSON.</param>
    /// <param name="faults">Receives duplicate fields of the patch; null to ignore them.</param>
    /// <exception cref="PatchException">The patch is malformed or no object.</exception>
    public static JsonNode Apply(JsonNode document, ReadOnlySpan<byte> patch, ICollection<string>? faults = null)
    {
        var changes = PatchDocument.ParseObject(patch, faults);
        var target = document.DeepClone() as JsonObject ?? [];
        Merge(target, changes);
        return target;
    }

    /// <summary>Applies a patch to an encoded object.</summary>
    /// <param name="document">The object as UTF-8 JSON.</param>
    /// <param name="patch">The patch as UTF-8 JSON.</param>
    /// <param name="faults">Receives duplicate fields of the patch; null to ignore them.</param>
    /// <exception cref="PatchException">The patch is malformed or no object.</exception>
    public static byte[] Apply(ReadOnlySpan<byte> document, ReadOnlySpan<byte> patch, ICollection<string>? faults = null) =>
        Apply(document, Parse(patch, faults));

    /// <summary>Parses a patch.</summary>
    /// <exception cref="PatchException">The patch is malformed or no object.</exception>
    public static JsonObject Parse(ReadOnlySpan<byte> patch, ICollection<string>? faults = null) => PatchDocument.ParseObject(patch, faults);

    /// <summary>Applies a parsed patch, which it consumes.</summary>
    public static byte[] Apply(ReadOnlySpan<byte> document, JsonObject patch) => EncodedMerge.Apply(document, patch);

    /// <summary>Makes the patch from one object to another. Neither may contain nulls, which a merge patch cannot express.</summary>
    public static JsonObject Diff(JsonObject from, JsonObject to)
    {
        var patch = new JsonObject();
        foreach (var (name, value) in to)
        {
            if (from[name] is JsonObject before && value is JsonObject after)
            {
                if (Diff(before, after) is { Count: > 0 } changes)
                    patch[name] = changes;
            }
            else if (!JsonNode.DeepEquals(from[name], value))
            {
                patch[name] = value?.DeepClone();
            }
        }

        foreach (var (name, _) in from)
        {
            if (!to.ContainsKey(name))
                patch[name] = null;
        }

        return patch;
    }

    /// <summary>Removes nulls from the objects of a value that is merged with nothing. Null elements of lists stay.</summary>
    internal static void DropNulls(JsonNode? value)
    {
        switch (value)
        {
            case JsonObject members:
                foreach (var name in members.Where(member => member.Value is null).Select(member => member.Key).ToList())
                    members.Remove(name);
                foreach (var (_, member) in members)
                    DropNulls(member);
                break;
            case JsonArray elements:
                foreach (var element in elements)
                    DropNulls(element);
                break;
        }
    }

    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var name in patch.Select(member => member.Key).ToList())
        {
            switch (PatchDocument.Detach(patch, name))
            {
                case null:
                    target.Remove(name);
                    break;
                case JsonObject changes:
                    if (target[name] is not JsonObject nested)
                        target[name] = nested = [];
                    Merge(nested, changes);
                    break;
                case var value:
                    DropNulls(value);
                    target[name] = value;
                    break;
            }
        }
    }
}
