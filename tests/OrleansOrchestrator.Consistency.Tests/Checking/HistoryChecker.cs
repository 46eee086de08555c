using OrleansOrchestrator.Consistency.Tests.Histories;

namespace OrleansOrchestrator.Consistency.Tests.Checking;

/// <summary>Compares what clients were told with what the store promises.</summary>
internal static class HistoryChecker
{
    /// <summary>Every broken promise.</summary>
    public static IReadOnlyList<Finding> Find(History history, int statesMax = LinearizabilityCheck.StatesMax) =>
        [.. LogCheck.Find(history), .. ReadCheck.Find(history), .. WatchCheck.Find(history), .. LinearizabilityCheck.Find(history, statesMax)];

    /// <summary>Fails with the first findings of every rule.</summary>
    public static void ShouldHold(History history, string context)
    {
        var findings = Find(history);
        if (findings.Count == 0)
            return;
        var lines = findings.GroupBy(finding => finding.Rule).SelectMany(group => group.Take(5));
        throw new ShouldAssertException($"{findings.Count} broken promises ({context}):\n{string.Join('\n', lines)}");
    }
}
