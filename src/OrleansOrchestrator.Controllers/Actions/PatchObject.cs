using System.Text.Json.Nodes;
using System.Text.Json;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Actions;

/// <summary>
/// Patches an object or a part of it, whatever version it is at: what others wrote meanwhile stays. A patch that gives
/// <c>metadata.uid</c> or <c>metadata.resourceVersion</c> means them as preconditions.
/// </summary>
/// <param name="Resource">The resource.</param>
/// <param name="Key">The object.</param>
/// <param name="Format">The patch's format.</param>
/// <param name="Patch">The patch as JSON.</param>
public sealed record PatchObject(ResourceName Resource, ObjectKey Key, PatchFormat Format, ReadOnlyMemory<byte> Patch) : ObjectAction(Resource)
{
    /// <inheritdoc/>
    public override ObjectKey Key { get; } = Key;

    /// <inheritdoc/>
    public override string Verb => "patch";

    /// <inheritdoc/>
    public override string Subresource => Part;

    /// <summary>The part that is patched; empty for the object itself.</summary>
    public string Part { get; init; } = "";

    /// <summary>
    /// Patches what a wanted status changes in the observed one, and nothing else: fields that others write keep what they have
    /// by then. Lists are replaced whole; whoever shares a list with others applies his own items (<see cref="PatchFormat.Apply"/>).
    /// </summary>
    /// <param name="resource">The resource.</param>
    /// <param name="observed">The object as it was observed.</param>
    /// <param name="wanted">The same with its wanted status.</param>
    /// <returns>The patch, on the object of the observed uid; null if the status would not change.</returns>
    public static PatchObject? OfStatus(ResourceName resource, KubeObject observed, KubeObject wanted)
    {
        var (before, after) = (StatusOf(observed), StatusOf(wanted));
        if (JsonNode.DeepEquals(before, after))
            return null;
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["uid"] = observed.Metadata.Uid },
            ["status"] = MergePatchDifference.Between(before, after),
        };
        return new PatchObject(resource, ObjectKey.Of(observed), PatchFormat.Merge, JsonSerializer.SerializeToUtf8Bytes(patch, ObjectCodec.Options)) { Part = "status" };
    }

    /// <inheritdoc/>
    public override async Task<WrittenObject?> ApplyAsync(IObjectWriter writer) => await writer.PatchAsync(Resource, Key, Part, Format, Patch);

    private static JsonNode? StatusOf(KubeObject obj) => JsonSerializer.SerializeToNode(obj, obj.GetType(), ObjectCodec.Options)!["status"];
}
