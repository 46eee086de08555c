namespace OrleansOrchestrator.Model.Selectors;

/// <summary>
/// Parses label selectors by recursive descent with one token of look-ahead:
/// <code>
/// selector    = [ requirement { "," requirement } ]
/// requirement = "!" key | key | key operator value | key ("in" | "notin") "(" [ value { "," value } ] ")"
/// operator    = "=" | "==" | "!=" | ">" | "&lt;"
/// </code>
/// </summary>
/// <remarks>The grammar and error texts follow k8s.io/apimachinery/pkg/labels, whose texts users search for.</remarks>
internal ref struct LabelSelectorParser
{
    private LabelTokenizer _tokens;
    private LabelToken _next;

    private LabelSelectorParser(string text)
    {
        _tokens = new LabelTokenizer(text);
        _next = _tokens.Next();
    }

    public static IReadOnlyCollection<LabelRequirement> Parse(string text) => new LabelSelectorParser(text).Selector();

    private List<LabelRequirement> Selector()
    {
        var requirements = new List<LabelRequirement>();
        if (_next.Kind == LabelTokenKind.End)
            return requirements;
        if (!IsKey(_next) && _next.Kind != LabelTokenKind.Not)
            throw Unexpected(_next, "!, identifier, or 'end of string'");

        while (true)
        {
            try
            {
                requirements.Add(Requirement());
            }
            catch (SelectorException fault)
            {
                throw new SelectorException($"unable to parse requirement: {fault.Message}");
            }

            var separator = Take();
            if (separator.Kind == LabelTokenKind.End)
                return requirements;
            if (separator.Kind != LabelTokenKind.Comma)
                throw Unexpected(separator, "',' or 'end of string'");
            if (!IsKey(_next) && _next.Kind != LabelTokenKind.Not)
                throw Unexpected(_next, "identifier after ','");
        }
    }

    private LabelRequirement Requirement()
    {
        var isNegated = _next.Kind == LabelTokenKind.Not;
        if (isNegated)
            Take();
        var key = Take();
        if (!IsKey(key))
            throw Unexpected(key, "identifier");
        // Upstream checks the key here without a path, and prints the missing path like this.
        if (LabelRequirementFactory.KeyFault(key.Text, "<nil>") is { } fault)
            throw new SelectorException(fault);

        if (isNegated)
            return LabelRequirementFactory.Create(key.Text, SelectorOperator.DoesNotExist, []);
        if (_next.Kind is LabelTokenKind.End or LabelTokenKind.Comma)
            return LabelRequirementFactory.Create(key.Text, SelectorOperator.Exists, []);
        var @operator = Operator();
        var values = @operator is SelectorOperator.In or SelectorOperator.NotIn ? ValueSet() : [Value()];
        return LabelRequirementFactory.Create(key.Text, @operator, values);
    }

    private SelectorOperator Operator()
    {
        var token = Take();
        return token.Kind switch
        {
            LabelTokenKind.Equals or LabelTokenKind.DoubleEquals => SelectorOperator.Equals,
            LabelTokenKind.NotEquals => SelectorOperator.NotEquals,
            LabelTokenKind.In => SelectorOperator.In,
            LabelTokenKind.NotIn => SelectorOperator.NotIn,
            LabelTokenKind.GreaterThan => SelectorOperator.GreaterThan,
            LabelTokenKind.LessThan => SelectorOperator.LessThan,
            _ => throw Unexpected(token, "in, notin, =, ==, !=, gt, lt"),
        };
    }

    private string Value()
    {
        if (_next.Kind is LabelTokenKind.End or LabelTokenKind.Comma)
            return "";
        var token = Take();
        return IsKey(token) ? token.Text : throw Unexpected(token, "identifier");
    }

    private List<string> ValueSet()
    {
        var open = Take();
        if (open.Kind != LabelTokenKind.OpenParenthesis)
            throw new SelectorException($"found '{open.Text}' expected: '('");
        var values = new List<string>();
        if (_next.Kind == LabelTokenKind.CloseParenthesis)
        {
            Take();
            return values;
        }

        if (!IsKey(_next) && _next.Kind != LabelTokenKind.Comma)
            throw Unexpected(_next, "',', ')' or identifier");
        while (true)
        {
            // A missing value between two commas, or at either end, is the empty value.
            values.Add(IsKey(_next) ? Take().Text : "");
            switch (_next.Kind)
            {
                case LabelTokenKind.Comma:
                    Take();
                    if (!IsKey(_next) && _next.Kind is not (LabelTokenKind.Comma or LabelTokenKind.CloseParenthesis))
                        throw Unexpected(_next, "',', or identifier");
                    break;
                case LabelTokenKind.CloseParenthesis:
                    Take();
                    return values;
                default:
                    throw Unexpected(_next, "',' or ')'");
            }
        }
    }

    // The words "in" and "notin" are operators only where an operator can stand.
    private static bool IsKey(LabelToken token) => token.Kind is LabelTokenKind.Identifier or LabelTokenKind.In or LabelTokenKind.NotIn;

    private LabelToken Take()
    {
        var token = _next;
        _next = _tokens.Next();
        return token;
    }

    private static SelectorException Unexpected(LabelToken token, string expected) => new($"found '{token.Text}', expected: {expected}");
}
