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
    /// Patches only the status fields that the wanted status changes, and the annotations that change with it. Changes that others
    /// made to other fields stay. Lists are replaced as a whole: a controller that shares a list with others applies its own items
    /// (<see cref="PatchFormat.Apply"/>).
    /// </summary>
    /// <param name="resource">The resource.</param>
    /// <param name="observed">The object as it was observed.</param>
    /// <param name="wanted">The same object with its wanted status.</param>
    /// <returns>The patch, on the object of the observed uid; null if nothing would change.</returns>
    public static PatchObject? OfStatus(ResourceName resource, KubeObject observed, KubeObject wanted) => OfDifference(resource, observed, wanted, null);

    /// <summary>
    /// Patches a status that others rely on, such as the counts of a ReplicaSet: see <see cref="OfStatus"/>. It is refused if anybody
    /// has written to the object since it was observed, so that an older look replaces nothing that a newer one found.
    /// </summary>
    /// <param name="resource">The resource.</param>
    /// <param name="observed">The object as it was observed. It stays as it is.</param>
    /// <param name="change">Changes the status of a copy.</param>
    /// <returns>The patch, on the observed version of the object; null if nothing would change.</returns>
    public static PatchObject? OfStatusAsObserved<T>(ResourceName resource, T observed, Action<T> change)
        where T : class, KubeObject
    {
        var wanted = ObjectCodec.Clone(observed);
        change(wanted);
        return OfDifference(resource, observed, wanted, observed.Metadata.ResourceVersion);
    }

    /// <summary>Patches some fields of a status.</summary>
    /// <param name="resource">The resource.</param>
    /// <param name="observed">The object as it was observed.</param>
    /// <param name="status">The fields with their new values.</param>
    /// <returns>The patch, on the object of the observed uid.</returns>
    public static PatchObject OfStatusFields(ResourceName resource, KubeObject observed, JsonObject status) => Of(resource, observed, status, null, null);

    /// <summary>Patches a status with what a change of the observed object makes of it; see <see cref="OfStatus"/>.</summary>
    /// <param name="resource">The resource.</param>
    /// <param name="observed">The object as it was observed. It stays as it is.</param>
    /// <param name="change">Changes the status of a copy.</param>
    /// <returns>The patch; none if nothing would change.</returns>
    public static IReadOnlyList<PatchObject> OfChangedStatus<T>(ResourceName resource, T observed, Action<T> change)
        where T : class, KubeObject
    {
        var wanted = ObjectCodec.Clone(observed);
        change(wanted);
        return OfStatus(resource, observed, wanted) is { } patch ? [patch] : [];
    }

    /// <inheritdoc/>
    public override async Task<WrittenObject?> ApplyAsync(IObjectWriter writer) => await writer.PatchAsync(Resource, Key, Part, Format, Patch);

    private static PatchObject? OfDifference(ResourceName resource, KubeObject observed, KubeObject wanted, string? version)
    {
        var (before, after) = (JsonOf(observed), JsonOf(wanted));
        var (status, annotations) = (Difference(before["status"], after["status"]), Difference(before["metadata"]?["annotations"], after["metadata"]?["annotations"]));
        return status is null && annotations is null ? null : Of(resource, observed, status, annotations, version);
    }

    private static PatchObject Of(ResourceName resource, KubeObject observed, JsonNode? status, JsonNode? annotations, string? version)
    {
        var metadata = new JsonObject { ["uid"] = observed.Metadata.Uid };
        var patch = new JsonObject { ["metadata"] = metadata };
        if (version is not null)
            metadata["resourceVersion"] = version;
        if (annotations is not null)
            metadata["annotations"] = annotations;
        if (status is not null)
            patch["status"] = status;
        return new PatchObject(resource, ObjectKey.Of(observed), PatchFormat.Merge, JsonSerializer.SerializeToUtf8Bytes(patch, ObjectCodec.Options)) { Part = "status" };
    }

    private static JsonNode? Difference(JsonNode? before, JsonNode? after) => JsonNode.DeepEquals(before, after) ? null : MergePatchDifference.Between(before, after);

    private static JsonNode JsonOf(KubeObject obj) => JsonSerializer.SerializeToNode(obj, obj.GetType(), ObjectCodec.Options)!;
}
