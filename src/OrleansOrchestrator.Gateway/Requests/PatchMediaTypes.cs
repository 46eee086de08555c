using k8s.Models;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>Reads the format of a patch from its Content-Type.</summary>
internal static class PatchMediaTypes
{
    private const string Supported = $"{MediaTypes.JsonPatch}, {MediaTypes.MergePatch}, {MediaTypes.StrategicMergePatch}";

    /// <summary>The format.</summary>
    /// <exception cref="ApiException">415: none that is known.</exception>
    public static PatchType Read(string? contentType) => MediaTypes.WithoutParameters(contentType) switch
    {
        MediaTypes.JsonPatch => PatchType.JsonPatch,
        MediaTypes.MergePatch => PatchType.MergePatch,
        MediaTypes.StrategicMergePatch => PatchType.StrategicMergePatch,
        MediaTypes.ApplyPatch => throw new ApiException(new V1Status
        {
            Status = "Failure",
            Reason = "UnsupportedMediaType",
            Code = 415,
            Message = $"server-side apply is not served; apply on the client's side, or patch with one of: {Supported}",
        }),
        _ => throw ApiErrors.UnsupportedMediaType(contentType ?? "", Supported),
    };
}
