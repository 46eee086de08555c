using k8s.Models;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>Validates pod templates, for every kind that has one.</summary>
internal static class PodTemplateRules
{
    public static void ApplyDefaults(V1PodTemplateSpec? template)
    {
        if (template?.Spec is { } spec)
            PodDefaults.ApplyToTemplate(spec);
    }

    /// <summary>Validates the template of a kind in which it is not optional.</summary>
    public static V1PodTemplateSpec WithDefaults(V1PodTemplateSpec? template)
    {
        template ??= new V1PodTemplateSpec();
        template.Spec ??= new V1PodSpec();
        PodDefaults.ApplyToTemplate(template.Spec);
        return template;
    }

    public static void Validate(V1PodTemplateSpec template, FieldPath path, FieldErrors errors)
    {
        var metadata = path.Child("metadata");
        ObjectMetaValidation.ValidateLabels(template.Metadata?.Labels, metadata.Child("labels"), errors);
        ObjectMetaValidation.ValidateAnnotations(template.Metadata?.Annotations, metadata.Child("annotations"), errors);
        PodSpecValidation.Validate(template.Spec, path.Child("spec"), isTemplate: true, errors);
        if (template.Spec?.EphemeralContainers is { Count: > 0 })
            errors.Forbidden(path.Child("spec").Child("ephemeralContainers"), "ephemeral containers not allowed in pod template");
    }
}
