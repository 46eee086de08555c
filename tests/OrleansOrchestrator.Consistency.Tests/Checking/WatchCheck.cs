using OrleansOrchestrator.Consistency.Tests.Histories;

namespace OrleansOrchestrator.Consistency.Tests.Checking;

/// <summary>What a watch has shown is the log from where it began: complete, in order, each change once. So all watches agree.</summary>
internal static class WatchCheck
{
    public static IEnumerable<Finding> Find(History history) => history.Watches.Select(stream => FindFirst(history, stream)).OfType<Finding>();

    /// <summary>The first difference of a watch from the log: those after it mostly follow from it.</summary>
    private static Finding? FindFirst(History history, WatchStream stream)
    {
        var expected = history.Log.Where(change => change.Revision > stream.After).ToList();
        for (var i = 0; i < stream.Changes.Count; i++)
        {
            var shown = stream.Changes[i];
            if (i >= expected.Count)
                return Broken(stream, $"shows {shown}, which the log does not have");
            if (shown == expected[i])
                continue;
            return Broken(stream, Explain(stream, i, expected[i]));
        }

        var missing = expected.ElementAtOrDefault(stream.Changes.Count);
        if (missing is not null && missing.Revision <= stream.CompleteUpTo)
            return Broken(stream, $"claims to have shown everything up to {stream.CompleteUpTo}, and has not shown {missing}");
        return missing is not null && history.IsDrained && !stream.HasExpired ? Broken(stream, $"never shows {missing}") : null;
    }

    private static string Explain(WatchStream stream, int index, Change expected)
    {
        var shown = stream.Changes[index];
        var before = index > 0 ? stream.Changes[index - 1].Revision : stream.After;
        if (shown.Revision == before)
            return $"shows {shown} twice";
        if (shown.Revision < before)
            return $"shows {shown} after revision {before}";
        if (shown.Revision > expected.Revision)
            return $"shows {shown} where the log has {expected}: it left that out";
        return $"shows {shown} where the log has {expected}";
    }

    private static Finding Broken(WatchStream stream, string how) =>
        new(Rule.Watched, $"the watch {stream.Name} (after {stream.After}, resumed {stream.Resumptions} times) {how}");
}
