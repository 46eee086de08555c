using System.Text.RegularExpressions;
using OrleansOrchestrator.Style.Tests.Tree;

namespace OrleansOrchestrator.Style.Tests.Code;

/// <summary>A test is called Subject_Condition_Result.</summary>
internal static partial class TestNameRule
{
    public static IEnumerable<Finding> Find(SourceFile file) =>
        from test in Test().Matches(file.Code)
        let name = test.Groups["name"].Value
        where name.Split('_').Length != 3
        select new Finding(file.At(test.Groups["name"].Index), $"{name} is not Subject_Condition_Result");

    [GeneratedRegex(@"\[(Fact|Theory)\b[^\]]*\]\s*(\[[^\]]*\]\s*)*[\w\s<>?]*?\s(?<name>\w+)\s*\(")]
    private static partial Regex Test();
}
