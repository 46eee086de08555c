using System.Globalization;
using System.Text;

namespace OrleansOrchestrator.Model.Selectors;

/// <summary>
/// The text form of field selectors: <c>field=value,field!=value</c>. In a value, a backslash escapes a comma, an equals sign or
/// another backslash.
/// </summary>
/// <remarks>See k8s.io/apimachinery/pkg/fields, whose error texts are kept.</remarks>
internal static class FieldSelectorSyntax
{
    private const string Escaped = "\\,=";

    public static List<FieldRequirement> Parse(string text)
    {
        var requirements = new List<FieldRequirement>();
        foreach (var term in Terms(text).Order(StringComparer.Ordinal))
        {
            if (term.Length > 0)
                requirements.Add(Requirement(text, term));
        }

        return requirements;
    }

    public static string Escape(string value)
    {
        if (value.AsSpan().IndexOfAny(Escaped) < 0)
            return value;
        var escaped = new StringBuilder(value.Length + 4);
        foreach (var c in value)
        {
            if (Escaped.Contains(c, StringComparison.Ordinal))
                escaped.Append('\\');
            escaped.Append(c);
        }

        return escaped.ToString();
    }

    private static List<string> Terms(string text)
    {
        var terms = new List<string>();
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == ',')
            {
                terms.Add(text[start..i]);
                start = i + 1;
            }
        }

        terms.Add(text[start..]);
        return terms;
    }

    // Field names are never escaped, so that the first operator in the term counts.
    private static FieldRequirement Requirement(string text, string term)
    {
        var equals = term.IndexOf('=');
        if (equals < 0)
            throw new SelectorException($"invalid selector: '{text}'; can't understand '{term}'");
        if (equals > 0 && term[equals - 1] == '!')
            return new(term[..(equals - 1)], SelectorOperator.NotEquals, Unescape(term[(equals + 1)..]));
        var valueStart = equals + 1 < term.Length && term[equals + 1] == '=' ? equals + 2 : equals + 1;
        return new(term[..equals], SelectorOperator.Equals, Unescape(term[valueStart..]));
    }

    private static string Unescape(string value)
    {
        if (value.AsSpan().IndexOfAny(Escaped) < 0)
            return value;
        var plain = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            switch (value[i])
            {
                case '\\' when i + 1 == value.Length:
                    throw new SelectorException("invalid field selector: invalid escape sequence: \\");
                case '\\' when Escaped.Contains(value[i + 1], StringComparison.Ordinal):
                    plain.Append(value[++i]);
                    break;
                case '\\':
                    throw new SelectorException($"invalid field selector: invalid escape sequence: \\{value[i + 1]}");
                case ',' or '=':
                    // Upstream prints the character's code.
                    throw new SelectorException(string.Create(CultureInfo.InvariantCulture,
                        $"invalid field selector: unescaped character in value: {(int)value[i]}"));
                default:
                    plain.Append(value[i]);
                    break;
            }
        }

        return plain.ToString();
    }
}
