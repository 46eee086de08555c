using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Documents.Patching;

/// <summary>JSON merge patch (RFC 7386): a document that has only what changes, and null for what goes.</summary>
/// <remarks>As in Kubernetes, and other than in the RFC, null says so in the objects of a list too.</remarks>
public static class JsonMergePatch
{
    /// <summary>Applies a patch.</summary>
    /// <param name="document">The document; it is not changed.</param>
    /// <param name="patch">The patch as UTF-8 JSON.</param>
    /// <param name="faults">Where fields are told that the patch gives more than once; null if nobody wants to know.</param>
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
    /// <param name="faults">Where fields are told that the patch gives more than once; null if nobody wants to know.</param>
    /// <exception cref="PatchException">The patch is malformed or no object.</exception>
    public static byte[] Apply(ReadOnlySpan<byte> document, ReadOnlySpan<byte> patch, ICollection<string>? faults = null) =>
        Apply(document, Parse(patch, faults));

    /// <summary>Reads a patch.</summary>
    /// <exception cref="PatchException">The patch is malformed or no object.</exception>
    public static JsonObject Parse(ReadOnlySpan<byte> patch, ICollection<string>? faults = null) => PatchDocument.ParseObject(patch, faults);

    /// <summary>Applies a patch that has been read, and takes it apart.</summary>
    public static byte[] Apply(ReadOnlySpan<byte> document, JsonObject patch) => EncodedMerge.Apply(document, patch);

    /// <summary>Makes the patch that turns one object into another; neither may have nulls, for which a merge patch has no words.</summary>
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

    /// <summary>Takes the nulls out of the objects of a value that is merged with nothing. Null elements of lists stay.</summary>
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
