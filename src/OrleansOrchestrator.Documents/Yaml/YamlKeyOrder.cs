namespace OrleansOrchestrator.Documents.Yaml;

/// <summary>
/// kubectl's order of keys: letters by their code and after everything else, and runs of digits by their number, so that <c>disk2</c>
/// precedes <c>disk10</c>.
/// </summary>
internal sealed class YamlKeyOrder : IComparer<string>
{
    public static readonly YamlKeyOrder Instance = new();

    public int Compare(string? x, string? y)
    {
        ReadOnlySpan<char> left = x;
        ReadOnlySpan<char> right = y;
        var common = left.CommonPrefixLength(right);
        if (common == left.Length || common == right.Length)
            return left.Length.CompareTo(right.Length);

        var (a, b) = (left[common], right[common]);
        if (char.IsLetter(a) || char.IsLetter(b))
            return char.IsLetter(a) && char.IsLetter(b) ? a.CompareTo(b) : char.IsLetter(a).CompareTo(char.IsLetter(b));

        // The numbers begin where their common digits begin.
        var start = common;
        while (start > 0 && char.IsAsciiDigit(left[start - 1]))
            start--;
        var order = CompareNumbers(Digits(left[start..]), Digits(right[start..]));
        return order != 0 ? order : a.CompareTo(b);
    }

    private static ReadOnlySpan<char> Digits(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExceptInRange('0', '9');
        return end < 0 ? text : text[..end];
    }

    private static int CompareNumbers(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        var a = left.TrimStart('0');
        var b = right.TrimStart('0');
        if (a.Length != b.Length)
            return a.Length.CompareTo(b.Length);
        var order = a.CompareTo(b, StringComparison.Ordinal);
        return order != 0 ? order : left.Length.CompareTo(right.Length);
    }
}
