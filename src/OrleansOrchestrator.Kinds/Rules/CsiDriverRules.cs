using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Rules;

/// <summary>Rules of the names of drivers of the Container Storage Interface.</summary>
internal static class CsiDriverRules
{
    private const int NameBytesMax = 63;

    public static void ValidateName(string? name, FieldPath path, FieldErrors errors)
    {
        name ??= "";
        if (name.Length == 0)
            errors.Required(path);
        if (name.Length > NameBytesMax)
            errors.TooLong(path, NameBytesMax);
        errors.Invalid(path, name, NameRules.IsDns1123Subdomain(name.ToLowerInvariant()));
    }
}
