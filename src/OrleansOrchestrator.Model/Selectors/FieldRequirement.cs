namespace OrleansOrchestrator.Model.Selectors;

/// <summary>One condition of a field selector.</summary>
/// <param name="Field">The dotted path, such as <c>spec.nodeName</c>.</param>
/// <param name="Operator"><see cref="SelectorOperator.Equals"/> or <see cref="SelectorOperator.NotEquals"/>.</param>
/// <param name="Value">The value, without escapes.</param>
public sealed record FieldRequirement(string Field, SelectorOperator Operator, string Value)
{
    /// <summary>Whether a field satisfies the requirement; a missing field has the empty value.</summary>
    public bool Matches(string? value) => (Operator == SelectorOperator.Equals) == ((value ?? "") == Value);

    /// <summary>The requirement in the syntax of <see cref="FieldSelector.Parse"/>.</summary>
    public override string ToString() =>
        $"{Field}{(Operator == SelectorOperator.Equals ? "=" : "!=")}{FieldSelectorSyntax.Escape(Value)}";
}
