using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>Reads the format of a patch from its Content-Type.</summary>
internal static class PatchMediaTypes
{
    private const string SupportedOfAll = $"{MediaTypes.JsonPatch}, {MediaTypes.MergePatch}, {MediaTypes.ApplyPatch}";
    private const string Supported = $"{MediaTypes.JsonPatch}, {MediaTypes.MergePatch}, {MediaTypes.StrategicMergePatch}, {MediaTypes.ApplyPatch}";

    private static readonly string[] OfModels = [MediaTypes.JsonPatch, MediaTypes.MergePatch, MediaTypes.StrategicMergePatch, MediaTypes.ApplyPatch];
    private static readonly string[] OfAll = [MediaTypes.JsonPatch, MediaTypes.MergePatch, MediaTypes.ApplyPatch];

    /// <summary>Whether the body is an apply configuration instead of a patch.</summary>
    public static bool IsApply(string? contentType) => MediaTypes.WithoutParameters(contentType) is MediaTypes.ApplyPatch;

    /// <summary>The formats for a version of a kind.</summary>
    public static IReadOnlyList<string> Of(ServedVersion version) => version.TakesStrategicMergePatches ? OfModels : OfAll;

    /// <summary>The format.</summary>
    /// <exception cref="ApiException">415: unknown format.</exception>
    public static PatchType Read(string? contentType, ServedVersion version) => MediaTypes.WithoutParameters(contentType) switch
    {
        MediaTypes.JsonPatch => PatchType.JsonPatch,
        MediaTypes.MergePatch => PatchType.MergePatch,
        MediaTypes.StrategicMergePatch when version.TakesStrategicMergePatches => PatchType.StrategicMergePatch,
        MediaTypes.StrategicMergePatch => throw ApiErrors.UnsupportedMediaType(MediaTypes.StrategicMergePatch, SupportedOfAll),
        _ => throw ApiErrors.UnsupportedMediaType(contentType ?? "", Supported),
    };
}
