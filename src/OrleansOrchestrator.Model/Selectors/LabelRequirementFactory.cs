using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Model.Selectors;

/// <summary>Validates and creates all label requirements.</summary>
internal static class LabelRequirementFactory
{
    /// <summary>Creates a valid requirement.</summary>
    /// <exception cref="SelectorException">It breaks Kubernetes' rules; the message lists all faults.</exception>
    public static LabelRequirement Create(string key, SelectorOperator @operator, IEnumerable<string> values)
    {
        string[] sorted = [.. values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        var faults = new List<string>();
        if (KeyFault(key, "key") is { } keyFault)
            faults.Add(keyFault);
        if (CountFault(@operator, sorted.Length) is { } countFault)
            faults.Add($"values: Invalid value: []string{{{string.Join(", ", sorted.Select(value => $"\"{value}\""))}}}: {countFault}");
        if (@operator is SelectorOperator.GreaterThan or SelectorOperator.LessThan)
            faults.AddRange(sorted.Index().Where(item => !LabelRequirement.TryParseInteger(item.Item, out _)).Select(item => NotAnInteger(item.Item, item.Index)));
        for (var i = 0; i < sorted.Length; i++)
        {
            if (NameRules.IsValidLabelValue(sorted[i]) is { Count: > 0 } valueFaults)
                faults.Add(Invalid($"values[{i}][{key}]", sorted[i], valueFaults));
        }

        return faults switch
        {
            [] => new LabelRequirement(key, @operator, sorted),
            [var only] => throw new SelectorException(only),
            _ => throw new SelectorException($"[{string.Join(", ", faults.Distinct())}]"),
        };
    }

    /// <summary>The fault of a key; null if there is none.</summary>
    public static string? KeyFault(string key, string path) =>
        NameRules.IsQualifiedName(key) is { Count: > 0 } faults ? Invalid(path, key, faults) : null;

    private static string? CountFault(SelectorOperator @operator, int count) => @operator switch
    {
        SelectorOperator.In or SelectorOperator.NotIn when count == 0 => "for 'in', 'notin' operators, values set can't be empty",
        SelectorOperator.Equals or SelectorOperator.NotEquals when count != 1 => "exact-match compatibility requires one single value",
        SelectorOperator.Exists or SelectorOperator.DoesNotExist when count != 0 => "values set must be empty for exists and does not exist",
        SelectorOperator.GreaterThan or SelectorOperator.LessThan when count != 1 => "for 'Gt', 'Lt' operators, exactly one value is required",
        _ => null,
    };

    private static string NotAnInteger(string value, int index) =>
        Invalid($"values[{index}]", value, ["for 'Gt', 'Lt' operators, the value must be an integer"]);

    private static string Invalid(string path, string value, IReadOnlyList<string> faults) =>
        new FieldError(FieldErrorType.Invalid, path, value, string.Join("; ", faults)).ToString();
}
