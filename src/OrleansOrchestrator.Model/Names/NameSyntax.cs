namespace OrleansOrchestrator.Model.Names;

/// <summary>The character rules behind <see cref="NameRules"/> as scans without allocations, because every write checks names.</summary>
internal static class NameSyntax
{
    public static bool IsDns1123Label(ReadOnlySpan<char> text) =>
        text.Length > 0 && IsLowerOrDigit(text[0]) && IsLowerOrDigit(text[^1]) && IsAll(text, IsLowerDigitOrHyphen);

    public static bool IsDns1123Subdomain(ReadOnlySpan<char> text)
    {
        foreach (var part in text.Split('.'))
        {
            if (!IsDns1123Label(text[part]))
                return false;
        }

        return true;
    }

    public static bool IsDns1035Label(ReadOnlySpan<char> text) =>
        text.Length > 0 && char.IsAsciiLetterLower(text[0]) && IsLowerOrDigit(text[^1]) && IsAll(text, IsLowerDigitOrHyphen);

    public static bool IsQualifiedNamePart(ReadOnlySpan<char> text) =>
        text.Length > 0 && char.IsAsciiLetterOrDigit(text[0]) && char.IsAsciiLetterOrDigit(text[^1]) && IsConfigMapKey(text);

    public static bool IsQualifiedName(ReadOnlySpan<char> text)
    {
        var slash = text.IndexOf('/');
        var name = text[(slash + 1)..];
        return name.Length <= NameRules.QualifiedNameBytesMax
            && IsQualifiedNamePart(name)
            && (slash < 0 || (slash <= NameRules.SubdomainBytesMax && IsDns1123Subdomain(text[..slash])));
    }

    public static bool IsConfigMapKey(ReadOnlySpan<char> text) =>
        text.Length > 0 && IsAll(text, static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    public static bool IsEnvVarName(ReadOnlySpan<char> text) => IsConfigMapKey(text) && !char.IsAsciiDigit(text[0]);

    public static bool IsHttpHeaderName(ReadOnlySpan<char> text) =>
        text.Length > 0 && IsAll(text, static c => char.IsAsciiLetterOrDigit(c) || c == '-');

    public static bool IsPortName(ReadOnlySpan<char> text) =>
        text.Length <= NameRules.PortNameBytesMax
        && IsPortNameCharset(text)
        && text.ContainsAnyInRange('a', 'z')
        && !text.Contains("--", StringComparison.Ordinal)
        && text[0] != '-'
        && text[^1] != '-';

    public static bool IsPortNameCharset(ReadOnlySpan<char> text) => text.Length > 0 && IsAll(text, IsLowerDigitOrHyphen);

    private static bool IsLowerOrDigit(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c);

    private static bool IsLowerDigitOrHyphen(char c) => IsLowerOrDigit(c) || c == '-';

    private static bool IsAll(ReadOnlySpan<char> text, Func<char, bool> allowed)
    {
        foreach (var c in text)
        {
            if (!allowed(c))
                return false;
        }

        return true;
    }
}
