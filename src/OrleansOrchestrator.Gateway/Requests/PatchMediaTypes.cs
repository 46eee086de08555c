using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>Reads the format of a patch from its Content-Type.</summary>
internal static class PatchMediaTypes
{
    private const string Supported = $"{MediaTypes.JsonPatch}, {MediaTypes.MergePatch}, {MediaTypes.StrategicMergePatch}, {MediaTypes.ApplyPatch}";

    /// <summary>Whether the body is a configuration to apply rather than a patch.</summary>
    public static bool IsApply(string? contentType) => MediaTypes.WithoutParameters(contentType) is MediaTypes.ApplyPatch;

    /// <summary>All that are understood.</summary>
    public static IReadOnlyList<string> All { get; } = [MediaTypes.JsonPatch, MediaTypes.MergePatch, MediaTypes.StrategicMergePatch];

    /// <summary>The format.</summary>
    /// <exception cref="ApiException">415: none that is known.</exception>
    public static PatchType Read(string? contentType) => MediaTypes.WithoutParameters(contentType) switch
    {
        MediaTypes.JsonPatch => PatchType.JsonPatch,
        MediaTypes.MergePatch => PatchType.MergePatch,
        MediaTypes.StrategicMergePatch => PatchType.StrategicMergePatch,
        _ => throw ApiErrors.UnsupportedMediaType(contentType ?? "", Supported),
    };
}
