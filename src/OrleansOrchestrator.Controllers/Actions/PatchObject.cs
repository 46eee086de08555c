using System.Text.Json.Nodes;
using System.Text.Json;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Actions;

/// <summary>
/// Patches an object or a subresource at whatever version it has, so that concurrent changes of other fields stay.
/// <c>metadata.uid</c> and <c>metadata.resourceVersion</c> in a patch are preconditions.
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

    /// <summary>The subresource to patch; empty for the object itself.</summary>
    public string Part { get; init; } = "";

    /// <summary>
    /// Patches only the status fields that the wanted status changes. Changes that others made to other fields stay. Lists are
    /// replaced as a whole: a controller that shares a list with others applies its own items (<see cref="PatchFormat.Apply"/>).
    /// </summary>
    /// <param name="resource">The resource.</param>
    /// <param name="observed">The object as it was observed.</param>
    /// <param name="wanted">The same object with its wanted status.</param>
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

    /// <summary>Patches a status with what a change of the observed object makes of it; see <see cref="OfStatus"/>.</summary>
    /// <param name="resource">The resource.</param>
    /// <param name="observed">The object as it was observed. It stays as it is.</param>
    /// <param name="change">Changes the status of a copy.</param>
    /// <returns>The patch; none if the status would not change.</returns>
    public static IReadOnlyList<PatchObject> OfChangedStatus<T>(ResourceName resource, T observed, Action<T> change)
        where T : class, KubeObject
    {
        var wanted = ObjectCodec.Clone(observed);
        change(wanted);
        return OfStatus(resource, observed, wanted) is { } patch ? [patch] : [];
    }

    /// <inheritdoc/>
    public override async Task<WrittenObject?> ApplyAsync(IObjectWriter writer) => await writer.PatchAsync(Resource, Key, Part, Format, Patch);

    private static JsonNode? StatusOf(KubeObject obj) => JsonSerializer.SerializeToNode(obj, obj.GetType(), ObjectCodec.Options)!["status"];
}
