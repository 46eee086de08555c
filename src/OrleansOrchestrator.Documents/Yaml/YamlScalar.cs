using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Documents.Yaml;

/// <summary>
/// Resolves plain YAML scalars: null, booleans, numbers or text. The rules are those of YAML 1.1 in Kubernetes' Go clients, so that
/// <c>yes</c> is true, <c>010</c> is eight and <c>1_000</c> is a thousand.
/// </summary>
internal static partial class YamlScalar
{
    /// <summary>Resolves a plain scalar.</summary>
    /// <returns>False if it is text.</returns>
    public static bool TryResolve(string word, out JsonNode? value)
    {
        value = null;
        switch (word)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return true;
            case "y" or "Y" or "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON":
                value = JsonValue.Create(true);
                return true;
            case "n" or "N" or "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF":
                value = JsonValue.Create(false);
                return true;
        }

        if (word[0] is not ('+' or '-' or '.') && !char.IsAsciiDigit(word[0]))
            return false;
        // Underscores group digits, but not in a fraction without an integer part.
        var plain = word[0] == '.' ? word : word.Replace("_", "", StringComparison.Ordinal);
        value = Integer(plain) ?? Float(plain);
        return value is not null;
    }

    /// <summary>Whether a scalar is a number that JSON cannot represent.</summary>
    public static bool IsNotFinite(string word) => NotFinite().IsMatch(word);

    /// <summary>Whether text needs quotes, because this or another YAML 1.1 parser would read it as something else.</summary>
    public static bool NeedsQuotes(string text) =>
        TryResolve(text, out _) || IsNotFinite(text) || text is "<<" or "=" || Timestamp().IsMatch(text) || Base60().IsMatch(text);

    /// <summary>Whether a text contains what ends plain text: a colon followed by a space or the end.</summary>
    public static bool HasColonAtAWordsEnd(string text) => ColonAtAWordsEnd().IsMatch(text);

    private static JsonNode? Integer(string text)
    {
        var isNegative = text[0] == '-';
        var digits = text.AsSpan(text[0] is '-' or '+' ? 1 : 0);
        var (radix, skip) = digits switch
        {
            ['0', 'x' or 'X', ..] => (16, 2),
            ['0', 'o' or 'O', ..] => (8, 2),
            ['0', 'b' or 'B', ..] => (2, 2),
            ['0', _, ..] => (8, 1),
            _ => (10, 0),
        };
        if (!TryParse(digits[skip..], radix, out var magnitude))
            return null;
        var value = isNegative ? -magnitude : magnitude;
        return value >= long.MinValue && value <= long.MaxValue
            ? JsonValue.Create((long)value)
            : JsonNode.Parse(value.ToString(CultureInfo.InvariantCulture));
    }

    private static bool TryParse(ReadOnlySpan<char> digits, int radix, out BigInteger value)
    {
        value = BigInteger.Zero;
        if (digits.IsEmpty)
            return false;
        if (radix == 10)
            return BigInteger.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        // Other bases than ten are limited to 64 bits, as in Go.
        if (digits.Length > 64)
            return false;
        foreach (var c in digits)
        {
            if (!char.IsAsciiHexDigit(c) || Convert.ToInt32(c.ToString(), 16) >= radix)
                return false;
            value = (value * radix) + Convert.ToInt32(c.ToString(), 16);
        }

        return true;
    }

    private static JsonNode? Float(string text) =>
        YamlFloat().IsMatch(text)
        && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
        && double.IsFinite(number)
            ? LenientJson.OfDouble(number)
            : null;

    [GeneratedRegex(@":([ \t\n]|\z)", RegexOptions.CultureInvariant)]
    private static partial Regex ColonAtAWordsEnd();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex YamlFloat();

    [GeneratedRegex(@"^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\z", RegexOptions.CultureInvariant)]
    private static partial Regex NotFinite();

    [GeneratedRegex(@"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}.*)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Timestamp();

    [GeneratedRegex(@"^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Base60();
}
