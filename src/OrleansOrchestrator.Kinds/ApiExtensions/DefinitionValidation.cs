using k8s.Models;
using OrleansOrchestrator.Kinds.FlowControl;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.ApiExtensions;

/// <summary>Validates CustomResourceDefinitions.</summary>
/// <remarks>See k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation.</remarks>
internal static class DefinitionValidation
{
    private const string ApprovalAnnotation = "api-approved.kubernetes.io";
    private static readonly string[] Scopes = ["Cluster", "Namespaced"];

    public static void Validate(V1CustomResourceDefinition crd, FieldErrors errors)
    {
        if (crd.Spec is not { } spec)
        {
            errors.Required(FieldPath.Spec);
            return;
        }

        if (crd.Metadata.Name != $"{spec.Names?.Plural}.{spec.Group}")
            errors.Invalid(FieldPath.Metadata.Child("name"), crd.Metadata.Name, "must be spec.names.plural+\".\"+spec.group");
        ValidateGroup(crd, errors);
        ChoiceRules.ValidateRequired(spec.Scope, Scopes, FieldPath.Spec.Child("scope"), errors);
        if (spec.PreserveUnknownFields is true)
        {
            errors.Invalid(FieldPath.Spec.Child("preserveUnknownFields"), true,
                "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead");
        }

        NamesValidation.Validate(spec.Names, FieldPath.Spec.Child("names"), errors);
        ValidateVersions(spec.Versions ?? [], FieldPath.Spec.Child("versions"), errors);
        if (spec.Conversion is { Strategy: not "None" } conversion)
            errors.NotSupported(FieldPath.Spec.Child("conversion").Child("strategy"), conversion.Strategy, "None");
    }

    public static void ValidateUpdate(V1CustomResourceDefinition updated, V1CustomResourceDefinition current, FieldErrors errors)
    {
        CheckSame(updated.Spec?.Group, current.Spec?.Group, FieldPath.Spec.Child("group"), errors);
        CheckSame(updated.Spec?.Names?.Plural, current.Spec?.Names?.Plural, FieldPath.Spec.Child("names").Child("plural"), errors);
        if (CustomResourceConditions.IsTrue(current, CustomResourceConditions.Established))
        {
            CheckSame(updated.Spec?.Scope, current.Spec?.Scope, FieldPath.Spec.Child("scope"), errors);
            CheckSame(updated.Spec?.Names?.Kind, current.Spec?.Names?.Kind, FieldPath.Spec.Child("names").Child("kind"), errors);
        }

        ValidateStoredVersions(updated, errors);
    }

    /// <summary>A version in which objects may still be stored must not be removed.</summary>
    public static void ValidateStoredVersions(V1CustomResourceDefinition crd, FieldErrors errors)
    {
        var path = FieldPath.Status.Child("storedVersions");
        var stored = crd.Status?.StoredVersions ?? [];
        var versions = crd.Spec?.Versions ?? [];
        for (var i = 0; i < stored.Count; i++)
        {
            if (versions.All(version => version.Name != stored[i]))
            {
                errors.Invalid(path.Index(i), stored[i],
                    $"missing from spec.versions; {stored[i]} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in {stored[i]} and removes {stored[i]} from status.storedVersions");
            }
        }

        if (versions.FirstOrDefault(version => version.Storage) is { } storage && !stored.Contains(storage.Name))
            errors.Invalid(path, stored, $"must have the storage version {storage.Name}");
    }

    private static void ValidateGroup(V1CustomResourceDefinition crd, FieldErrors errors)
    {
        var (group, path) = (crd.Spec.Group, FieldPath.Spec.Child("group"));
        if (string.IsNullOrEmpty(group))
        {
            errors.Required(path);
            return;
        }

        errors.Invalid(path, group, NameRules.IsDns1123Subdomain(group));
        if (!group.Contains('.', StringComparison.Ordinal))
            errors.Invalid(path, group, "should be a domain with at least one dot");
        if (IsProtected(group) && string.IsNullOrEmpty(crd.Metadata.Annotations?.GetOrNone(ApprovalAnnotation)))
        {
            errors.Required(FieldPath.Metadata.Child("annotations").Key(ApprovalAnnotation),
                $"protected groups must have approval annotation \"{ApprovalAnnotation}\", see https://github.com/kubernetes/enhancements/pull/1111");
        }
    }

    private static string? GetOrNone(this IDictionary<string, string> map, string key) => map.TryGetValue(key, out var value) ? value : null;

    private static bool IsProtected(string group) =>
        group is "k8s.io" or "kubernetes.io"
        || group.EndsWith(".k8s.io", StringComparison.Ordinal)
        || group.EndsWith(".kubernetes.io", StringComparison.Ordinal);

    private static void ValidateVersions(IList<V1CustomResourceDefinitionVersion> versions, FieldPath path, FieldErrors errors)
    {
        for (var i = 0; i < versions.Count; i++)
            VersionValidation.Validate(versions[i], path.Index(i), errors);
        var names = versions.Select(version => version.Name).ToList();
        if (names.Distinct(StringComparer.Ordinal).Count() < names.Count)
            errors.Invalid(path, names, "must contain unique version names");
        if (versions.Count(version => version.Storage) != 1)
            errors.Invalid(path, names, "must have exactly one version marked as storage version");
    }

    private static void CheckSame(string? updated, string? current, FieldPath path, FieldErrors errors)
    {
        if (updated != current)
            errors.Invalid(path, updated ?? "", "field is immutable");
    }
}
