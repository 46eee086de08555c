using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Controllers.Revisions;

/// <summary>
/// A pod template in the form that a revision stores: a strategic merge patch that replaces the present template. kubectl applies
/// the patch unchanged (<c>rollout undo</c>), reads the template from it (<c>rollout history</c>), and compares its text with the
/// patch of the object's present template.
/// </summary>
/// <remarks>See getPatch in k8s.io/kubernetes/pkg/controller/daemon and in k8s.io/kubectl/pkg/polymorphichelpers.</remarks>
internal static class TemplateSnapshot
{
    private const string Directive = "$patch";

    /// <summary>Takes a snapshot.</summary>
    public static JsonElement Of(V1PodTemplateSpec template)
    {
        var json = JsonSerializer.SerializeToNode(template, ObjectCodec.Options)!.AsObject();
        FillWhatGoWrites(json);
        json[Directive] = "replace";
        return JsonSerializer.SerializeToElement(Sorted(new JsonObject { ["spec"] = new JsonObject { ["template"] = json } }), ObjectCodec.Options);
    }

    /// <summary>Whether a revision's data equals a snapshot; the order of fields does not matter.</summary>
    public static bool IsSame(JsonElement snapshot, object? data) => data is JsonElement json && JsonElement.DeepEquals(snapshot, json);

    /// <summary>The template in a revision's data; null if the data is no such patch.</summary>
    public static V1PodTemplateSpec? TemplateOf(object? data)
    {
        if (data is not JsonElement json || JsonNode.Parse(json.GetRawText()) is not JsonObject patch
            || patch["spec"] is not JsonObject spec || spec["template"] is not JsonObject template)
        {
            return null;
        }

        template.Remove(Directive);
        try
        {
            return template.Deserialize<V1PodTemplateSpec>(ObjectCodec.Options);
        }
        catch (JsonException)
        {
            // Users may write any data into revisions.
            return null;
        }
    }

    /// <summary>
    /// A short hash of a snapshot, an owner's uid and a collision count. The uid counts because revisions of a deleted owner may
    /// still exist when another owner of its name is created.
    /// </summary>
    public static string HashOf(JsonElement snapshot, string ownerUid, int collisionCount) =>
        ShortHash.Of(string.Create(CultureInfo.InvariantCulture, $"{ownerUid}\n{collisionCount}\n{snapshot.GetRawText()}"));

    /// <summary>Adds the empty fields that Go writes for structs without a value, so that the text equals the one that kubectl makes.</summary>
    private static void FillWhatGoWrites(JsonObject template)
    {
        if (template["metadata"] is not JsonObject metadata)
            template["metadata"] = metadata = [];
        metadata.TryAdd("creationTimestamp", null);
        foreach (var list in (string[])["containers", "initContainers"])
        {
            foreach (var container in template["spec"]?[list] as JsonArray ?? [])
                (container as JsonObject)?.TryAdd("resources", new JsonObject());
        }
    }

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject obj => new JsonObject(obj.OrderBy(member => member.Key, StringComparer.Ordinal)
            .Select(member => KeyValuePair.Create(member.Key, Sorted(member.Value)))),
        JsonArray array => new JsonArray([.. array.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}
