using System.Collections.Frozen;
using System.Text;
using k8s.Models;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Model.Metadata;

/// <summary>The validation of metadata, the same for every kind.</summary>
public static class ObjectMetaValidation
{
    /// <summary>The most bytes of all annotations of an object, keys and values together.</summary>
    public const int AnnotationsBytesMax = 256 * 1024;

    private static readonly FrozenSet<string> StandardFinalizers =
        FrozenSet.Create(StringComparer.Ordinal, "kubernetes", PropagationFinalizers.Orphan, PropagationFinalizers.Foreground);

    /// <summary>Validates an object's metadata.</summary>
    public static void Validate(ResourceDefinition definition, V1ObjectMeta meta, FieldErrors errors)
    {
        var path = FieldPath.Metadata;
        if (string.IsNullOrEmpty(meta.Name))
            errors.Required(path.Child("name"), "name or generateName is required");
        ValidateParts(meta, path, definition.ValidateName, definition.Namespaced, errors);
    }

    /// <summary>Validates the metadata of an embedded object, independently of its kind.</summary>
    public static void ValidateEmbedded(V1ObjectMeta meta, FieldPath path, FieldErrors errors) =>
        ValidateParts(meta, path, NameRules.IsPathSegmentName, !string.IsNullOrEmpty(meta.NamespaceProperty), errors);

    private static void ValidateParts(
        V1ObjectMeta meta, FieldPath path, Func<string, IReadOnlyList<string>> validateName, bool isNamespaced, FieldErrors errors)
    {
        if (!string.IsNullOrEmpty(meta.GenerateName))
            errors.Invalid(path.Child("generateName"), meta.GenerateName, validateName(MaskTrailingDash(meta.GenerateName)));
        if (!string.IsNullOrEmpty(meta.Name))
            errors.Invalid(path.Child("name"), meta.Name, validateName(meta.Name));
        if (isNamespaced)
            errors.Invalid(path.Child("namespace"), meta.NamespaceProperty, NameRules.IsDns1123Label(meta.NamespaceProperty ?? ""));

        ValidateLabels(meta.Labels, path.Child("labels"), errors);
        ValidateAnnotations(meta.Annotations, path.Child("annotations"), errors);
        foreach (var finalizer in meta.Finalizers ?? [])
            errors.Invalid(path.Child("finalizers"), finalizer, NameRules.IsQualifiedName(finalizer));
        ValidateOwners(meta.OwnerReferences, path.Child("ownerReferences"), errors);
    }

    /// <summary>Validates what only a new object must satisfy: existing objects keep their metadata.</summary>
    public static void ValidateNew(ResourceDefinition definition, V1ObjectMeta meta, FieldErrors errors)
    {
        if (definition.TakesAnyFinalizer)
            return;
        for (var i = 0; i < (meta.Finalizers?.Count ?? 0); i++)
        {
            var finalizer = meta.Finalizers![i];
            if (!finalizer.Contains('/') && !StandardFinalizers.Contains(finalizer))
                errors.Invalid(FieldPath.Metadata.Child("finalizers").Index(i), finalizer, "name is neither a standard finalizer name nor is it fully qualified");
        }
    }

    /// <summary>The warnings about new finalizers where any name is accepted.</summary>
    public static IEnumerable<string> FinalizerWarnings(V1ObjectMeta updated, V1ObjectMeta? current)
    {
        foreach (var finalizer in (updated.Finalizers ?? []).Except(current?.Finalizers ?? [], StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            if (finalizer.Contains('/') || StandardFinalizers.Contains(finalizer))
                continue;
            var name = finalizer.Contains('.') ? "name including a path (/)" : "name";
            yield return $"metadata.finalizers: \"{finalizer}\": prefer a domain-qualified finalizer {name} to avoid accidental conflicts with other finalizer writers";
        }
    }

    /// <summary>Validates a metadata change.</summary>
    public static void ValidateUpdate(ResourceDefinition definition, V1ObjectMeta updated, V1ObjectMeta current, FieldErrors errors)
    {
        Validate(definition, updated, errors);
        if (current.DeletionTimestamp is null)
            return;

        // A deleted object may lose finalizers but not gain any.
        var added = (updated.Finalizers ?? []).Except(current.Finalizers ?? [], StringComparer.Ordinal).ToList();
        if (added.Count > 0)
        {
            errors.Forbidden(FieldPath.Metadata.Child("finalizers"),
                $"no new finalizers can be added if the object is being deleted, found new finalizers [{string.Join(", ", added.Select(f => $"\"{f}\""))}]");
        }
    }

    /// <summary>Validates a set of labels.</summary>
    public static void ValidateLabels(IEnumerable<KeyValuePair<string, string>>? labels, FieldPath path, FieldErrors errors)
    {
        foreach (var (key, value) in labels ?? [])
        {
            errors.Invalid(path, key, NameRules.IsQualifiedName(key));
            errors.Invalid(path, value, NameRules.IsValidLabelValue(value ?? ""));
        }
    }

    /// <summary>Validates a set of annotations.</summary>
    public static void ValidateAnnotations(IEnumerable<KeyValuePair<string, string>>? annotations, FieldPath path, FieldErrors errors)
    {
        long bytes = 0;
        foreach (var (key, value) in annotations ?? [])
        {
            errors.Invalid(path, key, NameRules.IsQualifiedName(key.ToLowerInvariant()));
            bytes += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value ?? "");
        }

        if (bytes > AnnotationsBytesMax)
            errors.TooLong(path, AnnotationsBytesMax);
    }

    private static void ValidateOwners(IList<V1OwnerReference>? owners, FieldPath path, FieldErrors errors)
    {
        if (owners is null)
            return;
        var controllers = 0;
        for (var i = 0; i < owners.Count; i++)
        {
            var at = path.Index(i);
            if (string.IsNullOrEmpty(owners[i].ApiVersion))
                errors.Invalid(at.Child("apiVersion"), owners[i].ApiVersion ?? "", "version must not be empty");
            if (string.IsNullOrEmpty(owners[i].Kind))
                errors.Invalid(at.Child("kind"), owners[i].Kind ?? "", "kind must not be empty");
            if (string.IsNullOrEmpty(owners[i].Name))
                errors.Invalid(at.Child("name"), owners[i].Name ?? "", "name must not be empty");
            if (string.IsNullOrEmpty(owners[i].Uid))
                errors.Invalid(at.Child("uid"), owners[i].Uid ?? "", "uid must not be empty");
            if (owners[i] is { ApiVersion: "v1", Kind: "Event" })
                errors.Invalid(path, owners[i], "/v1, Kind=Event is disallowed from being an owner");
            if (owners[i].Controller == true && ++controllers == 2)
            {
                errors.Invalid(path, owners.Count, "Only one reference can have Controller set to true. " +
                    $"Found \"true\" in references for {owners[0].Kind}/{owners[0].Name} and {owners[i].Kind}/{owners[i].Name}");
            }
        }
    }

    private static string MaskTrailingDash(string name) => name.EndsWith('-') ? name[..^1] + "a" : name;
}
