using System.Text.RegularExpressions;

namespace OrleansOrchestrator.Model.Schemas;

/// <summary>
/// Compiles the patterns of schemas. Their author is not trusted with the server's time: matching never backtracks, which is
/// also what the language of the patterns, RE2, asks for.
/// </summary>
internal static class SchemaPattern
{
    private static readonly TimeSpan MatchWithin = TimeSpan.FromSeconds(1);

    /// <summary>The pattern; null if it is not valid.</summary>
    public static Regex? TryCompile(string pattern)
    {
        try
        {
            return new Regex(AtVeryEnd(pattern), RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, MatchWithin);
        }
        catch (Exception invalid) when (invalid is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>A dollar sign at the end means the end of the text here, not also the place before a last line break.</summary>
    private static string AtVeryEnd(string pattern) =>
        pattern.EndsWith('$') && !pattern.EndsWith("\\$", StringComparison.Ordinal) ? pattern[..^1] + "\\z" : pattern;
}
