using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Controllers.Actions;

/// <summary>Finds the smallest merge patch (RFC 7386) that turns one JSON value into another.</summary>
internal static class MergePatchDifference
{
    /// <summary>
    /// Makes the patch. A merge patch cannot set a member to null, so a null inside <paramref name="after"/> means that the member
    /// is absent.
    /// </summary>
    public static JsonNode? Between(JsonNode? before, JsonNode? after)
    {
        if (before is not JsonObject from || after is not JsonObject to)
            return after?.DeepClone();
        var patch = new JsonObject();
        foreach (var (name, _) in from)
        {
            if (!to.ContainsKey(name))
                patch[name] = null;
        }

        foreach (var (name, value) in to)
        {
            if (!from.TryGetPropertyValue(name, out var present) || !JsonNode.DeepEquals(present, value))
                patch[name] = Between(present, value);
        }

        return patch;
    }
}
