using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Model.Codec;

/// <summary>
/// Numbers, durations and quoted text in the format of Go's standard library, which clients use in queries, with Go's error texts,
/// which Kubernetes answers.
/// </summary>
public static class GoSyntax
{
    private const string Int = "ParseInt";
    private const string UInt = "ParseUint";

    /// <summary>Parses a signed 64-bit integer.</summary>
    /// <exception cref="FormatException">The error of <c>strconv.ParseInt</c>.</exception>
    public static long ParseInt(string text)
    {
        var digits = text.AsSpan(text is ['+' or '-', ..] ? 1 : 0);
        return long.TryParse(AllDigits(digits, Int, text), NumberStyles.None, CultureInfo.InvariantCulture, out var magnitude)
            ? (text[0] == '-' ? -magnitude : magnitude)
            : text[0] == '-' && digits.TrimStart('0') is "9223372036854775808" ? long.MinValue : throw OutOfRange(Int, text);
    }

    /// <summary>Parses an unsigned 64-bit integer.</summary>
    /// <exception cref="FormatException">The error of <c>strconv.ParseUint</c>.</exception>
    public static ulong ParseUInt(string text) =>
        ulong.TryParse(AllDigits(text, UInt, text), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw OutOfRange(UInt, text);

    /// <summary>Whether a text means true; invalid texts mean false.</summary>
    /// <remarks><c>strconv.ParseBool</c>.</remarks>
    public static bool IsTrue(string text) => text is "1" or "t" or "T" or "true" or "TRUE" or "True";

    /// <summary>A number in Go's JSON format: in full from a millionth up to 10^21, otherwise with an exponent.</summary>
    public static string Format(double number)
    {
        // The shortest text that parses back to the same number, of which only the digits and the position of the point are used.
        var text = Math.Abs(number).ToString("R", CultureInfo.InvariantCulture);
        var mantissa = text.Split('E')[0];
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal).TrimStart('0').TrimEnd('0');
        var sign = double.IsNegative(number) ? "-" : "";
        if (digits.Length == 0)
            return sign + "0";
        var wholeDigits = mantissa.Split('.')[0].TrimStart('0').Length;
        var exponent = text.Length > mantissa.Length
            ? int.Parse(text.AsSpan(mantissa.Length + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)
            : wholeDigits > 0 ? wholeDigits - 1 : 1 - mantissa.AsSpan().IndexOfAnyInRange('1', '9');
        if (exponent is < -6 or >= 21)
        {
            var fraction = digits.Length > 1 ? $".{digits[1..]}" : "";
            return string.Create(CultureInfo.InvariantCulture, $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? "-" : "+")}{Math.Abs(exponent)}");
        }

        if (exponent < 0)
            return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        return digits.Length <= exponent + 1
            ? sign + digits.PadRight(exponent + 1, '0')
            : $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    /// <summary>JSON in Go's format for maps, such as <c>map[spec:map[ports:[80 443]]]</c>.</summary>
    /// <remarks><c>fmt.Sprintf("%+v")</c> of maps.</remarks>
    public static string FormatTree(ReadOnlySpan<byte> json)
    {
        var text = new StringBuilder();
        Append(LenientJson.Parse(json));
        return text.ToString();

        void Append(JsonNode? node)
        {
            switch (node)
            {
                case JsonObject members:
                    text.Append("map[");
                    AppendAll(members.OrderBy(member => member.Key, StringComparer.Ordinal), member =>
                    {
                        text.Append(member.Key).Append(':');
                        Append(member.Value);
                    });
                    text.Append(']');
                    break;
                case JsonArray elements:
                    text.Append('[');
                    AppendAll(elements, Append);
                    text.Append(']');
                    break;
                case JsonValue value when value.TryGetValue(out string? word):
                    text.Append(word);
                    break;
                default:
                    text.Append(node?.ToJsonString() ?? "<nil>");
                    break;
            }
        }

        void AppendAll<T>(IEnumerable<T> items, Action<T> append)
        {
            var isFirst = true;
            foreach (var item in items)
            {
                if (!isFirst)
                    text.Append(' ');
                isFirst = false;
                append(item);
            }
        }
    }

    /// <summary>Parses a duration, such as <c>1m30s</c> or <c>-1.5h</c>. The result is limited to the range of <see
    /// cref="TimeSpan"/>.</summary>
    /// <exception cref="FormatException">The error of <c>time.ParseDuration</c>.</exception>
    public static TimeSpan ParseDuration(string text)
    {
        var rest = text.AsSpan(text is ['+' or '-', ..] ? 1 : 0);
        if (rest is "0")
            return TimeSpan.Zero;
        if (rest.IsEmpty)
            throw new FormatException($"time: invalid duration {Quote(text)}");
        var seconds = 0.0;
        while (!rest.IsEmpty)
        {
            var numberLength = LengthOf(rest, static c => char.IsAsciiDigit(c) || c == '.');
            var number = rest[..numberLength];
            if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount))
                throw new FormatException($"time: invalid duration {Quote(text)}");
            rest = rest[numberLength..];
            var unitLength = LengthOf(rest, static c => !char.IsAsciiDigit(c) && c != '.');
            if (unitLength == 0)
                throw new FormatException($"time: missing unit in duration {Quote(text)}");
            var unit = rest[..unitLength];
            seconds += amount * SecondsOf(unit, text);
            rest = rest[unitLength..];
        }

        // Go counts nanoseconds in 64 bits.
        if (seconds > long.MaxValue / 1e9)
            throw new FormatException($"time: invalid duration {Quote(text)}");
        return TimeSpan.FromSeconds(text[0] == '-' ? -seconds : seconds);
    }

    /// <summary>Parses an RFC 3339 time.</summary>
    /// <exception cref="FormatException">The error of <c>time.Parse</c>.</exception>
    public static DateTime ParseTime(string text) => Rfc3339.TryParse(text, out var time, out var fault) ? time : throw new FormatException(fault);

    /// <summary>Whether a character is printable: letters, marks, numbers, punctuation, symbols and the ordinary space.</summary>
    /// <remarks><c>unicode.IsPrint</c>.</remarks>
    public static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    /// <summary>A quoted text, with escapes for unprintable characters.</summary>
    /// <remarks><c>strconv.Quote</c>.</remarks>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '"' or '\\':
                    quoted.Append('\\').Append(rune);
                    break;
                case '\n':
                    quoted.Append("\\n");
                    break;
                case '\r':
                    quoted.Append("\\r");
                    break;
                case '\t':
                    quoted.Append("\\t");
                    break;
                case < 0x80 when !IsPrintable(rune):
                    quoted.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}");
                    break;
                case <= 0xFFFF when !IsPrintable(rune):
                    quoted.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
                    break;
                default:
                    if (IsPrintable(rune))
                        quoted.Append(rune);
                    else
                        quoted.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}");
                    break;
            }
        }

        return quoted.Append('"').ToString();
    }

    private static ReadOnlySpan<char> AllDigits(ReadOnlySpan<char> digits, string function, string text) =>
        digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9')
            ? throw new FormatException($"strconv.{function}: parsing {Quote(text)}: invalid syntax")
            : digits;

    private static FormatException OutOfRange(string function, string text) =>
        new($"strconv.{function}: parsing {Quote(text)}: value out of range");

    private static int LengthOf(ReadOnlySpan<char> text, Func<char, bool> isPart)
    {
        var length = 0;
        while (length < text.Length && isPart(text[length]))
            length++;
        return length;
    }

    private static double SecondsOf(ReadOnlySpan<char> unit, string text) => unit switch
    {
        "ns" => 1e-9,
        "us" or "µs" or "μs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => throw new FormatException($"time: unknown unit {Quote(unit.ToString())} in duration {Quote(text)}"),
    };
}
