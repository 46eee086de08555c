using System.Globalization;
using System.Text;

namespace OrleansOrchestrator.Documents.Schemas;

/// <summary>Translates a pattern from RE2's syntax to an equivalent one for .NET, where they differ.</summary>
/// <remarks>https://github.com/google/re2/wiki/Syntax</remarks>
internal ref struct Re2Syntax
{
    private readonly StringBuilder _result;
    private ReadOnlySpan<char> _rest;

    private Re2Syntax(ReadOnlySpan<char> pattern)
    {
        _result = new StringBuilder(pattern.Length + 8);
        _rest = pattern;
    }

    /// <summary>Translates a pattern.</summary>
    /// <exception cref="FormatException">The pattern is malformed.</exception>
    public static string Translate(string pattern)
    {
        var syntax = new Re2Syntax(pattern);
        while (!syntax._rest.IsEmpty)
            syntax.TranslateNext();
        return syntax._result.ToString();
    }

    private void TranslateNext()
    {
        if (_rest[0] == '\\')
            TranslateEscape();
        else if (_rest[0] == '[')
            TranslateClass();
        else if (TryTake("(?P<"))
            _result.Append("(?<");
        else if (TryTake("(?=") || TryTake("(?!") || TryTake("(?<=") || TryTake("(?<!") || TryTake("(?>"))
            throw new FormatException("there is nothing in RE2 that looks around");
        else if (TryTake("$"))
            // The end of the text, but not the position before a final line break.
            _result.Append("\\z");
        else
            Append(1);
    }

    private void TranslateEscape()
    {
        if (_rest.Length < 2)
            throw new FormatException("trailing backslash at end of expression");
        if (TryTake("\\Q"))
        {
            var end = _rest.IndexOf("\\E", StringComparison.Ordinal);
            _result.Append(System.Text.RegularExpressions.Regex.Escape((end < 0 ? _rest : _rest[..end]).ToString()).Replace("]", "\\]", StringComparison.Ordinal));
            _rest = end < 0 ? [] : _rest[(end + 2)..];
        }
        else if (ClassOf(_rest[1]) is { } ascii)
        {
            _result.Append('[').Append(char.IsUpper(_rest[1]) ? "^" : "").Append(ascii).Append(']');
            _rest = _rest[2..];
        }
        else if (!TryTranslateCharacter())
        {
            if (_rest[1] is 'Z' or 'G' or 'k' or (>= '1' and <= '9'))
                throw new FormatException($"invalid escape sequence: {_rest[..2]}");
            Append(2);
        }
    }

    /// <summary>Translates escapes with the same meaning inside and outside of a class.</summary>
    private bool TryTranslateCharacter()
    {
        if (TryTake("\\x{"))
        {
            var end = _rest.IndexOf('}');
            if (end < 0 || !int.TryParse(_rest[..end], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var rune) || !Rune.IsValid(rune))
                throw new FormatException("invalid escape sequence: \\x{");
            foreach (var unit in new Rune(rune).ToString())
                _result.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:X4}");
            _rest = _rest[(end + 1)..];
            return true;
        }

        // \pL is \p{L}.
        if (_rest is not ['\\', 'p' or 'P', not '{', ..])
            return false;
        _result.Append(_rest[..2]).Append('{').Append(_rest[2]).Append('}');
        _rest = _rest[3..];
        return true;
    }

    private void TranslateClass()
    {
        Append(1);
        if (_rest is ['^', ..])
            Append(1);
        for (var isFirst = true; !_rest.IsEmpty; isFirst = false)
        {
            if (_rest[0] == ']' && !isFirst)
            {
                Append(1);
                return;
            }

            TranslateClassMember();
        }

        throw new FormatException("missing closing ]");
    }

    private void TranslateClassMember()
    {
        if (_rest is ['[', ':', ..] && _rest.IndexOf(":]", StringComparison.Ordinal) is > 1 and var end)
        {
            _result.Append(Posix(_rest[2..end]));
            _rest = _rest[(end + 2)..];
        }
        else if (_rest[0] is '[' or ']')
        {
            // In .NET a bracket here could start a subtraction.
            _result.Append('\\');
            Append(1);
        }
        else if (_rest is ['\\', 'd' or 'w' or 's', ..])
        {
            _result.Append(ClassOf(_rest[1]));
            _rest = _rest[2..];
        }
        else if (_rest[0] != '\\' || !TryTranslateCharacter())
        {
            Append(_rest[0] == '\\' && _rest.Length > 1 ? 2 : 1);
        }
    }

    /// <summary>RE2's classes are ASCII; .NET's are Unicode.</summary>
    private static string? ClassOf(char letter) => char.ToLowerInvariant(letter) switch
    {
        'd' => "0-9",
        'w' => "0-9A-Za-z_",
        's' => "\\t\\n\\f\\r ",
        _ => null,
    };

    private static string Posix(ReadOnlySpan<char> name) => name switch
    {
        "alnum" => "0-9A-Za-z",
        "alpha" => "A-Za-z",
        "ascii" => "\\x00-\\x7F",
        "blank" => "\\t ",
        "cntrl" => "\\x00-\\x1F\\x7F",
        "digit" => "0-9",
        "graph" => "!-~",
        "lower" => "a-z",
        "print" => " -~",
        "punct" => "!-/:-@\\[-`{-~",
        "space" => "\\t\\n\\v\\f\\r ",
        "upper" => "A-Z",
        "word" => "0-9A-Za-z_",
        "xdigit" => "0-9A-Fa-f",
        _ => throw new FormatException($"invalid character class range: [:{name}:]"),
    };

    private bool TryTake(string text)
    {
        if (!_rest.StartsWith(text))
            return false;
        _rest = _rest[text.Length..];
        return true;
    }

    private void Append(int length)
    {
        _result.Append(_rest[..length]);
        _rest = _rest[length..];
    }
}
