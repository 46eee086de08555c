using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.FlowControl;

/// <summary>Validates the conditions of flow schemas and priority levels.</summary>
internal static class FlowConditionRules
{
    public static void Validate(IReadOnlyList<string?> types, FieldErrors errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < types.Count; i++)
        {
            var path = FieldPath.Status.Child("conditions").Index(i).Child("type");
            if (!seen.Add(types[i] ?? ""))
                errors.Duplicate(path, types[i] ?? "");
            if (string.IsNullOrEmpty(types[i]))
                errors.Required(path, "must not be empty");
        }
    }
}
