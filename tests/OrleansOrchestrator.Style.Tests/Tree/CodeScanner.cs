namespace OrleansOrchestrator.Style.Tests.Tree;

/// <summary>
/// Blanks what is not code in C# text: comments, strings and character literals. The holes of interpolated strings are code
/// and stay. Line breaks stay too, so that offsets and line numbers are those of the original.
/// </summary>
internal sealed class CodeScanner
{
    private readonly string _text;
    private readonly char[] _output;
    private int _position;

    private CodeScanner(string text)
    {
        _text = text;
        _output = text.ToCharArray();
    }

    private char Current => Peek(0);

    public static string Blank(string text)
    {
        var scanner = new CodeScanner(text);
        scanner.ScanCode(insideHole: false);
        return new string(scanner._output);
    }

    private char Peek(int ahead) => _position + ahead < _text.Length ? _text[_position + ahead] : '\0';

    private bool At(string token) => _text.AsSpan(_position).StartsWith(token, StringComparison.Ordinal);

    private void ScanCode(bool insideHole)
    {
        var depth = 0;
        while (_position < _text.Length)
        {
            if (insideHole && depth == 0 && (Current is '}' or ':'))
                return;

            depth += Current switch { '(' or '[' or '{' => 1, ')' or ']' or '}' => -1, _ => 0 };
            if (At("//"))
                BlankUntil("\n", inclusive: false);
            else if (At("/*"))
                BlankUntil("*/", inclusive: true);
            else if (Current == '\'')
                ScanCharacter();
            else if (StringPrefixLength() is { } prefix)
                ScanString(prefix);
            else
                _position++;
        }
    }

    /// <summary>The number of <c>$</c> and <c>@</c> before a quote, or null where no string begins.</summary>
    private int? StringPrefixLength()
    {
        var length = 0;
        while (Peek(length) is '$' or '@')
            length++;
        return Peek(length) == '"' ? length : null;
    }

    private void ScanString(int prefixLength)
    {
        var prefix = _text.AsSpan(_position, prefixLength);
        var dollars = prefix.Count('$');
        var verbatim = prefix.Contains('@');
        BlankNext(prefixLength);
        var quotes = 0;
        while (Peek(quotes) == '"')
            quotes++;
        if (quotes >= 3)
            ScanRaw(quotes, dollars);
        else
            ScanQuoted(verbatim, interpolated: dollars > 0);
    }

    private void ScanQuoted(bool verbatim, bool interpolated)
    {
        BlankNext(1);
        while (_position < _text.Length && (Current != '"' || (verbatim && At("\"\""))))
        {
            if (interpolated && Current == '{' && !At("{{"))
                ScanHole(braces: 1);
            else
                BlankNext(IsEscape(verbatim, interpolated) ? 2 : 1);
        }

        BlankNext(1);
    }

    private bool IsEscape(bool verbatim, bool interpolated) =>
        (verbatim ? At("\"\"") : Current == '\\') || (interpolated && (At("{{") || At("}}")));

    private void ScanRaw(int quotes, int dollars)
    {
        var closing = new string('"', quotes);
        var opening = new string('{', Math.Max(dollars, 1));
        BlankNext(quotes);
        while (_position < _text.Length && !At(closing))
        {
            if (dollars > 0 && At(opening) && Peek(dollars) != '{')
                ScanHole(dollars);
            else
                BlankNext(1);
        }

        BlankNext(quotes);
    }

    private void ScanHole(int braces)
    {
        BlankNext(braces);
        ScanCode(insideHole: true);
        while (_position < _text.Length && Current != '}')
            BlankNext(1);
        BlankNext(braces);
    }

    private void ScanCharacter()
    {
        BlankNext(1);
        while (_position < _text.Length && Current is not ('\'' or '\n'))
            BlankNext(Current == '\\' ? 2 : 1);
        BlankNext(1);
    }

    private void BlankUntil(string token, bool inclusive)
    {
        var end = _text.IndexOf(token, _position, StringComparison.Ordinal);
        end = end < 0 ? _text.Length : end + (inclusive ? token.Length : 0);
        BlankNext(end - _position);
    }

    private void BlankNext(int count)
    {
        for (var end = Math.Min(_position + count, _text.Length); _position < end; _position++)
        {
            if (_output[_position] is not ('\n' or '\r'))
                _output[_position] = ' ';
        }
    }
}
