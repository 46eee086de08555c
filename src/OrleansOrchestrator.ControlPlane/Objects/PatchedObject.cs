using System.Text;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.ControlPlane.Objects;

/// <summary>What a patch has made of an object.</summary>
/// <param name="Json">The object as JSON, not yet known to be one; without its spec where the patch leaves that alone.</param>
/// <param name="Type">The patch's format.</param>
/// <param name="Patch">The patch.</param>
/// <param name="Faults">What is odd about the patch's fields.</param>
internal sealed record PatchedObject(ReadOnlyMemory<byte> Json, PatchType Type, ReadOnlyMemory<byte> Patch, IReadOnlyList<string> Faults)
{
    /// <summary>Makes the whole object; null where <see cref="Json"/> is that.</summary>
    public Func<byte[]>? Whole { get; init; }

    /// <summary>Why it cannot be read, in the words for patches of this format.</summary>
    public string Explain(Exception failure, Type model) => Type == PatchType.StrategicMergePatch
        ? DecodeFaults.ExplainMerged(failure, Json.Span, model)
        : DecodeFaults.Explain(failure, Json.Span, model);

    /// <summary>422: the patch makes no object that is accepted. Kubernetes shows the object, but of a strategic merge patch the patch.</summary>
    public ApiException Refused(string why)
    {
        var shown = Type == PatchType.StrategicMergePatch ? GoSyntax.FormatTree(Patch.Span) : Encoding.UTF8.GetString(Whole?.Invoke() ?? Json.Span);
        var errors = new FieldErrors();
        errors.Invalid(FieldPath.Root("patch"), shown, why);
        return ApiErrors.Invalid("", "", "", errors.All);
    }
}
