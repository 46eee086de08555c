using System.Text.RegularExpressions;
using OrleansOrchestrator.Style.Tests.Tree;

namespace OrleansOrchestrator.Style.Tests.Code;

/// <summary>A delay takes its time from a TimeProvider, so that a test can turn the clock.</summary>
internal static partial class DelayRule
{
    public static IEnumerable<Finding> Find(SourceFile file) =>
        from call in Delay().Matches(file.Code)
        let arguments = Arguments.Split(file.Code, call.Index + call.Length - 1)
        where !arguments[0].Contains("Infinite", StringComparison.Ordinal)
        where arguments.Count < 2 || (arguments.Count == 2 && !Clock().IsMatch(arguments[1]))
        select new Finding(file.At(call.Index), "Task.Delay or PeriodicTimer without a TimeProvider");

    [GeneratedRegex(@"\b(Task\.Delay|new\s+PeriodicTimer)\s*\(")]
    private static partial Regex Delay();

    [GeneratedRegex(@"^\w*([tT]ime|[cC]lock)\w*(\.\w+)?$|TimeProvider")]
    private static partial Regex Clock();
}
