namespace OrleansOrchestrator.Model.Selectors;

/// <summary>How a requirement relates a label's value to its own values.</summary>
public enum SelectorOperator
{
    /// <summary>The label is there and has the value.</summary>
    Equals,

    /// <summary>The label is missing or has another value.</summary>
    NotEquals,

    /// <summary>The label is there and has one of the values.</summary>
    In,

    /// <summary>The label is missing or has none of the values.</summary>
    NotIn,

    /// <summary>The label is there.</summary>
    Exists,

    /// <summary>The label is missing.</summary>
    DoesNotExist,

    /// <summary>The label is there and is an integer above the value.</summary>
    GreaterThan,

    /// <summary>The label is there and is an integer below the value.</summary>
    LessThan,
}
