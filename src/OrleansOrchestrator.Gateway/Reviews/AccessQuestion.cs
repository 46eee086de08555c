using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Model.Selectors;
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
            FieldSelector = resource.FieldSelector is { } fields
                ? TextOf(fields.RawSelector, (fields.Requirements ?? []).Select(one => (one.Key, one.OperatorProperty, Values: one.Values ?? [])), FieldSelector.Equal)
                : "",
            LabelSelector = resource.LabelSelector is { } labels
                ? TextOf(labels.RawSelector, (labels.Requirements ?? []).Select(one => (one.Key, one.OperatorProperty, Values: one.Values ?? [])), static (key, value) => LabelSelector.AnyOf(key, [value]))
                : "",
        }
        : new AccessAttributes { Path = Path?.Path ?? "", Verb = Path?.Verb ?? "" };

    /// <summary>A selector as text. Requirements of other forms are left out, so that it is taken for a wider one, as in Kubernetes.</summary>
    private static string TextOf<T>(string? raw, IEnumerable<(string Key, string Operator, IList<string> Values)> requirements, Func<string, string, T> equal) =>
        string.IsNullOrEmpty(raw)
            ? string.Join(',', requirements.Where(one => one is { Key: not null, Operator: "In", Values.Count: 1 }).Select(one => equal(one.Key, one.Values[0])))
            : raw;

    private static void ValidateSelector(string? raw, int requirements, string name, FieldErrors errors)
    {
        var path = ResourcePath.Child(name);
        if (!string.IsNullOrEmpty(raw) && requirements > 0)
            errors.Invalid(path.Child("rawSelector"), raw, "may not specified at the same time as requirements");
        if (string.IsNullOrEmpty(raw) && requirements == 0)
            errors.Required(path.Child("requirements"), $"when {path} is specified, requirements or rawSelector is required");
    }
}
