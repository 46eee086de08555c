using System.Text.RegularExpressions;
using OrleansOrchestrator.Style.Tests.Tree;

namespace OrleansOrchestrator.Style.Tests.Code;

/// <summary>
/// A loop that runs for as long as its owner is a SupervisedLoop: what throws in one that is written by hand ends it unseen. Such
/// a loop is one that only cancellation ends, or one without an end that awaits and has no way out of its own.
/// </summary>
internal static partial class LoopRule
{
    /// <summary>Where the loop itself is.</summary>
    private const string Home = "src/OrleansOrchestrator.Loops/";

    public static IEnumerable<Finding> Find(SourceFile file)
    {
        if (file.Path.StartsWith(Home, StringComparison.Ordinal))
            return [];
        return EndlessFor().Matches(file.Code).Where(loop => LeavesNever(file.Code, loop.Index + loop.Length))
            .Concat(UntilCancelled().Matches(file.Code))
            .Concat(Timer().Matches(file.Code))
            .Select(match => new Finding(file.At(match.Index), "loop written by hand: use SupervisedLoop"));
    }

    /// <summary>Whether the statement at an offset awaits, and nothing in it leaves the loop.</summary>
    private static bool LeavesNever(string code, int start)
    {
        var body = Statement(code, start);
        return body.Contains("await ", StringComparison.Ordinal) && !WayOut().IsMatch(body);
    }

    private static string Statement(string code, int start)
    {
        var depth = 0;
        for (var offset = start; offset < code.Length; offset++)
        {
            depth += code[offset] switch { '{' or '(' => 1, '}' or ')' => -1, _ => 0 };
            if (depth == 0 && code[offset] is '}' or ';')
                return code[start..offset];
        }

        return code[start..];
    }

    [GeneratedRegex(@"\bwhile\s*\(\s*true\s*\)|\bfor\s*\(\s*;\s*;[^)]*\)")]
    private static partial Regex EndlessFor();

    [GeneratedRegex(@"\bwhile\s*\(\s*!\s*[\w.]*IsCancellationRequested\s*\)")]
    private static partial Regex UntilCancelled();

    [GeneratedRegex(@"\bnew\s+PeriodicTimer\b|\bPeriodicTimer\s+\w+\s*=\s*new\b")]
    private static partial Regex Timer();

    [GeneratedRegex(@"\b(return|break|goto)\b")]
    private static partial Regex WayOut();
}
