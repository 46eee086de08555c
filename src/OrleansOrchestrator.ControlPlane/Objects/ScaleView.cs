using k8s.Models;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Objects;

/// <summary>The <c>autoscaling/v1</c> Scale of an object with replicas. Admission sees a write through <c>scale</c> as a Scale, not as
/// the object that it changes.</summary>
public static class ScaleView
{
    /// <summary>The subresource.</summary>
    public const string Subresource = "scale";

    /// <summary>The Scale of an object.</summary>
    public static V1Scale Of(ResourceDefinition definition, KubeObject obj) => definition.Scale!.Of(obj);

    /// <summary>A request in the form that admission sees.</summary>
    internal static AdmissionRequest Enter(AdmissionRequest request) => request.Subresource != Subresource ? request : request with
    {
        Object = Of(request.Definition, request.Written),
        OldObject = Of(request.Definition, request.Current!.SharedModel()),
    };

    /// <summary>A request with the changes that admission made.</summary>
    /// <param name="admitted">The request after admission.</param>
    /// <param name="request">The request before admission.</param>
    internal static AdmissionRequest Leave(AdmissionRequest admitted, AdmissionRequest request)
    {
        if (request.Subresource != Subresource)
            return admitted;
        request.Definition.Scale!.SetSpecReplicas(request.Written, ((V1Scale)admitted.Object!).Spec?.Replicas ?? 0);
        return request with { Choices = admitted.Choices };
    }
}
