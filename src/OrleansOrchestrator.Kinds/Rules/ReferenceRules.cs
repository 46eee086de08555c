using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Rules;

/// <summary>Rules of the parts of a reference to another object.</summary>
internal static class ReferenceRules
{
    public static void ValidateGroup(string? group, FieldPath path, FieldErrors errors)
    {
        if (group is not null)
            errors.Invalid(path, group, NameRules.IsDns1123Subdomain(group));
    }

    /// <summary>A part that is required and becomes part of a URL.</summary>
    public static void ValidateSegment(string? segment, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(segment))
            errors.Required(path);
        else
            errors.Invalid(path, segment, NameRules.IsPathSegmentName(segment));
    }
}
