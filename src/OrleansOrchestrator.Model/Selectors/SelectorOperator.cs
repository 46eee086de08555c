namespace OrleansOrchestrator.Model.Selectors;

/// <summary>The relation between a label's value and a requirement's values.</summary>
public enum SelectorOperator
{
    /// <summary>The label exists and has the value.</summary>
    Equals,

    /// <summary>The label is missing or has another value.</summary>
    NotEquals,

    /// <summary>The label exists and has one of the values.</summary>
    In,

    /// <summary>The label is missing or has none of the values.</summary>
    NotIn,

    /// <summary>The label exists.</summary>
    Exists,

    /// <summary>The label is missing.</summary>
    DoesNotExist,

    /// <summary>The label is an integer above the value.</summary>
    GreaterThan,

    /// <summary>The label is an integer below the value.</summary>
    LessThan,
}
