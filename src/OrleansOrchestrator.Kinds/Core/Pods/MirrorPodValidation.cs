using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>Validates the annotation that makes a pod a mirror pod: only at its creation, and only on a node.</summary>
/// <remarks>See ValidatePodSpecificAnnotations in k8s.io/kubernetes/pkg/apis/core/validation.</remarks>
internal static class MirrorPodValidation
{
    private static readonly FieldPath Path = FieldPath.Metadata.Child("annotations").Key(StaticPods.MirrorAnnotation);

    public static void Validate(V1Pod pod, FieldErrors errors)
    {
        if (pod.IsMirror && string.IsNullOrEmpty(pod.Spec?.NodeName))
            errors.Invalid(Path, HashOf(pod), "must set spec.nodeName if mirror pod annotation is set");
    }

    public static void ValidateUpdate(V1Pod updated, V1Pod current, FieldErrors errors)
    {
        if (current.IsMirror && HashOf(updated) != HashOf(current))
            errors.Forbidden(Path, "may not remove or update mirror pod annotation");
        else if (updated.IsMirror && !current.IsMirror)
            errors.Forbidden(Path, "may not add mirror pod annotation");
        Validate(updated, errors);
    }

    private static string? HashOf(V1Pod pod) => pod.IsMirror ? pod.Metadata.Annotations[StaticPods.MirrorAnnotation] : null;
}
