using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Rules;

/// <summary>Rules of plain numbers.</summary>
internal static class NumberRules
{
    public const string NotNegative = "must be greater than or equal to 0";

    private const int FileModeMax = 0x1FF;

    public static void ValidateNotNegative(long? value, FieldPath path, FieldErrors errors)
    {
        if (value < 0)
            errors.Invalid(path, value, NotNegative);
    }

    public static void ValidatePositive(long? value, FieldPath path, FieldErrors errors)
    {
        if (value <= 0)
            errors.Invalid(path, value, "must be greater than 0");
    }

    /// <summary>The permission bits of a file, of which there are nine.</summary>
    public static void ValidateFileMode(int? mode, FieldPath path, FieldErrors errors)
    {
        if (mode is < 0 or > FileModeMax)
            errors.Invalid(path, mode, "must be a number between 0 and 0777 (octal), both inclusive");
    }

    /// <summary>The id of a Linux user or group.</summary>
    public static void ValidateUserOrGroup(long? id, FieldPath path, FieldErrors errors)
    {
        if (id is < 0 or > int.MaxValue)
            errors.Invalid(path, id, "must be between 0 and 2147483647, inclusive");
    }
}
