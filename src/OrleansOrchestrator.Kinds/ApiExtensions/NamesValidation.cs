using k8s.Models;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.ApiExtensions;

/// <summary>Validates the names of a custom kind.</summary>
internal static class NamesValidation
{
    public static void Validate(V1CustomResourceDefinitionNames? names, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(names?.Plural))
            errors.Required(path.Child("plural"));
        else
            errors.Invalid(path.Child("plural"), names.Plural, NameRules.IsDns1035Label(names.Plural));
        if (string.IsNullOrEmpty(names?.Singular))
            errors.Required(path.Child("singular"));
        else
            errors.Invalid(path.Child("singular"), names.Singular, NameRules.IsDns1035Label(names.Singular));
        ValidateKind(names?.Kind, path.Child("kind"), errors);
        ValidateKind(names?.ListKind, path.Child("listKind"), errors);
        if (names is null)
            return;
        if (!string.IsNullOrEmpty(names.Kind) && names.Kind == names.ListKind)
            errors.Invalid(path.Child("listKind"), names.ListKind, "kind and listKind may not be the same");
        ValidateLabels(names.ShortNames, path.Child("shortNames"), errors);
        ValidateLabels(names.Categories, path.Child("categories"), errors);
    }

    private static void ValidateKind(string? kind, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(kind))
        {
            errors.Required(path);
            return;
        }

        var faults = NameRules.IsDns1035Label(kind.ToLowerInvariant());
        if (faults.Count > 0)
            errors.Invalid(path, kind, $"may have mixed case, but should otherwise match: {string.Join(",", faults)}");
    }

    private static void ValidateLabels(IList<string>? names, FieldPath path, FieldErrors errors)
    {
        for (var i = 0; i < names?.Count; i++)
            errors.Invalid(path.Index(i), names[i], NameRules.IsDns1035Label(names[i]));
    }
}
