namespace OrleansOrchestrator.Style.Tests.Tree;

/// <summary>A place that breaks a rule.</summary>
/// <param name="Place">File and line.</param>
/// <param name="What">What is wrong there.</param>
internal sealed record Finding(string Place, string What)
{
    public override string ToString() => $"{Place}: {What}";

    /// <summary>Fails the test with every finding on a line of its own.</summary>
    public static void ShouldBeNone(IEnumerable<Finding> findings)
    {
        var all = findings.ToList();
        all.ShouldBeEmpty(string.Join('\n', all.Prepend(new Finding("", $"{all.Count} findings"))));
    }
}
