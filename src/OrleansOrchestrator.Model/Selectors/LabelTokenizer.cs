namespace OrleansOrchestrator.Model.Selectors;

/// <summary>Splits a label selector into tokens.</summary>
internal ref struct LabelTokenizer(ReadOnlySpan<char> text)
{
    private const string Symbols = "=!(),><";
    private const string Separators = Symbols + " \t\r\n";

    private ReadOnlySpan<char> _rest = text;

    public LabelToken Next()
    {
        _rest = _rest.TrimStart(" \t\r\n");
        if (_rest.IsEmpty)
            return new(LabelTokenKind.End, "");
        return Symbols.Contains(_rest[0], StringComparison.Ordinal) ? Symbol() : Word();
    }

    private LabelToken Word()
    {
        var end = _rest.IndexOfAny(Separators);
        var word = Take(end < 0 ? _rest.Length : end);
        return new(word switch { "in" => LabelTokenKind.In, "notin" => LabelTokenKind.NotIn, _ => LabelTokenKind.Identifier }, word);
    }

    private LabelToken Symbol()
    {
        if (_rest.StartsWith("=="))
            return new(LabelTokenKind.DoubleEquals, Take(2));
        if (_rest.StartsWith("!="))
            return new(LabelTokenKind.NotEquals, Take(2));
        var kind = _rest[0] switch
        {
            '=' => LabelTokenKind.Equals,
            '!' => LabelTokenKind.Not,
            '(' => LabelTokenKind.OpenParenthesis,
            ')' => LabelTokenKind.CloseParenthesis,
            ',' => LabelTokenKind.Comma,
            '>' => LabelTokenKind.GreaterThan,
            _ => LabelTokenKind.LessThan,
        };
        return new(kind, Take(1));
    }

    private string Take(int length)
    {
        var taken = _rest[..length].ToString();
        _rest = _rest[length..];
        return taken;
    }
}
