using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Rules;

/// <summary>Rules of fields that have one of a few values.</summary>
internal static class ChoiceRules
{
    public static void ValidateRequired(string? value, string[] choices, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(value))
            errors.Required(path);
        else if (!choices.Contains(value))
            errors.NotSupported(path, value, choices);
    }

    public static void ValidateOptional(string? value, string[] choices, FieldPath path, FieldErrors errors)
    {
        if (!string.IsNullOrEmpty(value) && !choices.Contains(value))
            errors.NotSupported(path, value, choices);
    }
}
