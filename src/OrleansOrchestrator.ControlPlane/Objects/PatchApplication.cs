using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Documents.Patching;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Objects;

/// <summary>Applies a patch of any format to a stored object, in the version of the patch.</summary>
internal static class PatchApplication
{
    /// <summary>Applies a patch.</summary>
    /// <exception cref="ApiException">400 if the patch is malformed, 422 if it cannot be applied to this object.</exception>
    public static PatchedObject Apply(ObjectReference reference, PatchType type, StoredObject stored, ReadOnlyMemory<byte> patch)
    {
        var version = reference.ServedVersion;
        var json = version.JsonOf(stored);
        var faults = new List<string>();
        try
        {
            if (type == PatchType.JsonPatch)
            {
                var patched = JsonPatch.Apply(PatchTarget.Read(json.Span), patch.Span, faults);
                return new PatchedObject(JsonSerializer.SerializeToUtf8Bytes(patched, ObjectCodec.Options), type, patch, faults);
            }

            // A status patch keeps the spec. If the patch does not name the spec, it is not parsed, checked or encoded again.
            var changes = Parse(type, patch.Span, faults);
            return LeavesSpecAlone(reference, changes)
                ? new PatchedObject(Merge(stored.WithoutSpec(), changes), type, patch, faults) { Whole = () => Merge(json.Span, Parse(type, patch.Span, [])) }
                : new PatchedObject(Merge(json.Span, changes), type, patch, faults);
        }
        catch (JsonException malformed)
        {
            throw ApiErrors.BadRequest($"error decoding patch: {malformed.Message}");
        }
        catch (PatchException refused)
        {
            throw refused.Fault switch
            {
                PatchFault.Malformed => ApiErrors.BadRequest(refused.Message),
                PatchFault.TooLarge => ApiErrors.TooLarge(refused.Message),
                _ => ApiErrors.Unprocessable(refused.Message),
            };
        }

        byte[] Merge(ReadOnlySpan<byte> document, JsonObject changes) => type == PatchType.MergePatch
            ? JsonMergePatch.Apply(document, changes)
            : StrategicMergePatch.Apply(document, changes, version.ModelType);
    }

    private static JsonObject Parse(PatchType type, ReadOnlySpan<byte> patch, List<string> faults) =>
        type == PatchType.MergePatch ? JsonMergePatch.Parse(patch, faults) : StrategicMergePatch.Parse(patch, faults);

    private static bool LeavesSpecAlone(ObjectReference reference, JsonObject changes) =>
        reference.Subresource == "status" && reference.Definition.KeepsSpec && reference.ServedVersion == reference.Definition.Storage
        && changes.All(member => member.Key is "apiVersion" or "kind" or "metadata" or "status");
}
