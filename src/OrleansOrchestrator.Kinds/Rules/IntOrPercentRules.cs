using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Rules;

/// <summary>Rules of amounts that are a number of pods or a percentage of them, as in <c>2</c> and <c>25%</c>.</summary>
internal static class IntOrPercentRules
{
    public static void Validate(IntOrString? value, FieldPath path, FieldErrors errors)
    {
        if (value is null)
            return;
        if (TryReadInt(value, out var number))
            NumberRules.ValidateNotNegative(number, path, errors);
        else if (!TryReadPercent(value, out _))
            errors.Invalid(path, value, NameRules.NotAPercent);
    }

    public static void ValidateAtMostAll(IntOrString? value, FieldPath path, FieldErrors errors)
    {
        if (TryReadPercent(value, out var percent) && percent > 100)
            errors.Invalid(path, value, "must not be greater than 100%");
    }

    /// <summary>Whether an amount is zero: 0, <c>0%</c>, or not an amount at all.</summary>
    public static bool IsZero(IntOrString? value) =>
        TryReadPercent(value, out var percent) ? percent == 0 : !TryReadInt(value, out var number) || number == 0;

    private static bool TryReadInt(IntOrString? value, out int number) =>
        int.TryParse(value?.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    private static bool TryReadPercent(IntOrString? value, out int percent)
    {
        percent = 0;
        return value?.Value is [.. var digits, '%'] && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out percent);
    }
}
