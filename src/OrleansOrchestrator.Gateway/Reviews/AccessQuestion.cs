using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Gateway.Reviews;

/// <summary>The action that a review asks about, on a resource or on another path.</summary>
/// <param name="Resource">The action on a resource; null if it is on a path.</param>
/// <param name="Path">The action on a path; null if it is on a resource.</param>
/// <remarks>See k8s.io/kubernetes/pkg/apis/authorization/validation.</remarks>
internal sealed record AccessQuestion(V1ResourceAttributes? Resource, V1NonResourceAttributes? Path)
{
    private static readonly FieldPath ResourcePath = FieldPath.Spec.Child("resourceAttributes");
    private static readonly FieldPath OtherPath = FieldPath.Spec.Child("nonResourceAttributes");

    /// <summary>Validates the action.</summary>
    public void Validate(FieldErrors errors)
    {
        if (Resource is not null && Path is not null)
            errors.Invalid(OtherPath, Path, "cannot be specified in combination with resourceAttributes");
        if (Resource is null && Path is null)
            errors.Invalid(ResourcePath, null, "exactly one of nonResourceAttributes or resourceAttributes must be specified");
        if (Resource?.FieldSelector is { } fields)
            ValidateSelector(fields.RawSelector, fields.Requirements?.Count ?? 0, "fieldSelector", errors);
        if (Resource?.LabelSelector is { } labels)
            ValidateSelector(labels.RawSelector, labels.Requirements?.Count ?? 0, "labelSelector", errors);
    }

    /// <summary>The action in the form of authorizers.</summary>
    public AccessAttributes ToAttributes() => Resource is { } resource
        ? new AccessAttributes
        {
            IsResource = true,
            Verb = resource.Verb ?? "",
            Group = resource.Group ?? "",
            Version = resource.Version ?? "",
            Namespace = resource.NamespaceProperty ?? "",
            Resource = resource.Resource ?? "",
            Subresource = resource.Subresource ?? "",
            Name = resource.Name ?? "",
        }
        : new AccessAttributes { Path = Path?.Path ?? "", Verb = Path?.Verb ?? "" };

    private static void ValidateSelector(string? raw, int requirements, string name, FieldErrors errors)
    {
        var path = ResourcePath.Child(name);
        if (!string.IsNullOrEmpty(raw) && requirements > 0)
            errors.Invalid(path.Child("rawSelector"), raw, "may not specified at the same time as requirements");
        if (string.IsNullOrEmpty(raw) && requirements == 0)
            errors.Required(path.Child("requirements"), $"when {path} is specified, requirements or rawSelector is required");
    }
}
