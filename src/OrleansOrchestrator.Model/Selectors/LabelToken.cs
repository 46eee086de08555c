namespace OrleansOrchestrator.Model.Selectors;

/// <summary>The kinds of token in a label selector.</summary>
internal enum LabelTokenKind
{
    End,
    Identifier,
    Comma,
    OpenParenthesis,
    CloseParenthesis,
    Not,
    Equals,
    DoubleEquals,
    NotEquals,
    GreaterThan,
    LessThan,
    In,
    NotIn,
}

/// <summary>A token and its text.</summary>
internal readonly record struct LabelToken(LabelTokenKind Kind, string Text);
