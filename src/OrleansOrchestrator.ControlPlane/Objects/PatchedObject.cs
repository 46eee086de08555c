using System.Text;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.ControlPlane.Objects;

/// <summary>The result of a patch.</summary>
/// <param name="Json">The object's JSON, not validated yet; without its spec if the patch leaves the spec alone.</param>
/// <param name="Type">The patch's format.</param>
/// <param name="Patch">The patch.</param>
/// <param name="Faults">Faults of the patch's fields.</param>
internal sealed record PatchedObject(ReadOnlyMemory<byte> Json, PatchType Type, ReadOnlyMemory<byte> Patch, IReadOnlyList<string> Faults)
{
    /// <summary>Makes the whole object; null if <see cref="Json"/> is the whole object.</summary>
    public Func<byte[]>? Whole { get; init; }

    /// <summary>The error for a result that cannot be decoded, in Kubernetes' words for patches of this format.</summary>
    public string Explain(Exception failure, Type model) => Type == PatchType.StrategicMergePatch
        ? DecodeFaults.ExplainMerged(failure, Json.Span, model)
        : DecodeFaults.Explain(failure, Json.Span, model);

    /// <summary>422: the result is not accepted. Like Kubernetes it shows the object, or for a strategic merge patch the patch.</summary>
    public ApiException Refused(string why)
    {
        var shown = Type == PatchType.StrategicMergePatch ? GoSyntax.FormatTree(Patch.Span) : Encoding.UTF8.GetString(Whole?.Invoke() ?? Json.Span);
        var errors = new FieldErrors();
        errors.Invalid(FieldPath.Root("patch"), shown, why);
        return ApiErrors.Invalid("", "", "", errors.All);
    }
}
