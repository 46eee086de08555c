using System.Text.RegularExpressions;

namespace OrleansOrchestrator.Documents.Schemas;

/// <summary>
/// Compiles the patterns of schemas. Their author is not trusted with the server's time: matching never backtracks, which is
/// also what the language of the patterns, RE2, asks for.
/// </summary>
/// <remarks>https://github.com/google/re2/wiki/Syntax</remarks>
internal static class SchemaPattern
{
    private static readonly TimeSpan MatchWithin = TimeSpan.FromSeconds(1);

    /// <summary>The pattern; null if it is not valid.</summary>
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
