using System.Text.Json;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Patching;

namespace OrleansOrchestrator.ControlPlane.Objects;

/// <summary>Applies a patch of any format to a stored object in the form that the patch is written for.</summary>
internal static class PatchApplication
{
    /// <summary>The patched object, in that form.</summary>
    /// <exception cref="ApiException">400 if the patch is malformed, 422 if it cannot be applied to this object.</exception>
    public static PatchedObject Apply(ObjectReference reference, PatchType type, StoredObject stored, ReadOnlyMemory<byte> patch)
    {
        var form = reference.Form;
        var json = form.JsonOf(stored);
        var faults = new List<string>();
        try
        {
            if (type == PatchType.MergePatch)
                return new PatchedObject(JsonMergePatch.Apply(json.Span, patch.Span, faults), type, patch, faults);
            var target = PatchTarget.Read(json.Span);
            var patched = type == PatchType.JsonPatch
                ? JsonPatch.Apply(target, patch.Span, faults)
                : StrategicMergePatch.Apply(target, patch.Span, form.ModelType, faults);
            return new PatchedObject(JsonSerializer.SerializeToUtf8Bytes(patched, ObjectCodec.Options), type, patch, faults);
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
    }
}
