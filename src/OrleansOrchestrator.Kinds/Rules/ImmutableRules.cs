using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Rules;

/// <summary>Rules of immutable fields.</summary>
internal static class ImmutableRules
{
    public static void Validate<T>(T updated, T current, FieldPath path, FieldErrors errors)
    {
        if (!SemanticEquality.Equal(updated, current))
            errors.Invalid(path, updated, "field is immutable");
    }
}
