using System.Text.RegularExpressions;

namespace OrleansOrchestrator.Documents.Schemas;

/// <summary>
/// Compiles the patterns of schemas. Their authors are not trusted with the server's time: matching never backtracks, which RE2
/// semantics require anyway.
/// </summary>
/// <remarks>https://github.com/google/re2/wiki/Syntax</remarks>
internal static class SchemaPattern
{
    // A second guard; without backtracking a match takes time linear in the value.
    private static readonly TimeSpan MatchWithin = TimeSpan.FromSeconds(1);

    /// <summary>The compiled pattern; null if it is invalid.</summary>
    public static Regex? TryCompile(string pattern)
    {
        try
        {
            return new Regex(Re2Syntax.Translate(pattern), RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, MatchWithin);
        }
        catch (Exception invalid) when (invalid is ArgumentException or NotSupportedException or FormatException)
        {
            return null;
        }
    }
}
