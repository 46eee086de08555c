using OrleansOrchestrator.Consistency.Tests.Histories;

namespace OrleansOrchestrator.Consistency.Tests.Checking;

/// <summary>The log has every acknowledged write, each write at most once, and nothing else; and it is in order.</summary>
internal static class LogCheck
{
    public static IEnumerable<Finding> Find(History history) =>
        [.. Order(history), .. RealTime(history), .. Durability(history), .. Effects(history), .. Deletions(history), .. FinalState(history)];

    private static IEnumerable<Finding> Order(History history)
    {
        for (var i = 1; i < history.Log.Count; i++)
        {
            if (history.Log[i].Revision <= history.Log[i - 1].Revision)
                yield return new Finding(Rule.Ordered, $"{history.Log[i]} comes after {history.Log[i - 1]} in the log");
        }
    }

    /// <summary>What was acknowledged before another write was sent has the smaller revision, whatever the objects.</summary>
    private static IEnumerable<Finding> RealTime(History history)
    {
        var writes = history.Operations.Where(operation => operation is { IsWrite: true, Outcome: Outcome.Ok, Shown: not null }).ToList();
        var byReturn = writes.OrderBy(write => write.Returned).ToList();
        Operation? newest = null;
        var next = 0;
        foreach (var write in writes.OrderBy(write => write.Invoked))
        {
            for (; next < byReturn.Count && byReturn[next].Returned < write.Invoked; next++)
            {
                if (newest is null || byReturn[next].Shown!.Value.Revision > newest.Shown!.Value.Revision)
                    newest = byReturn[next];
            }

            if (newest is not null && write.Shown!.Value.Revision <= newest.Shown!.Value.Revision)
                yield return new Finding(Rule.Ordered, $"{write} was sent after this was acknowledged: {newest}");
        }
    }

    private static IEnumerable<Finding> Durability(History history)
    {
        var log = ByRevision(history);
        foreach (var write in history.Operations.Where(operation => operation is { IsWrite: true, Outcome: Outcome.Ok, Shown: not null }))
        {
            var version = write.Shown!.Value;
            if (version.Value != write.Written)
                yield return new Finding(Rule.OneEffect, $"the answer shows something else than was written: {write}");
            if (!log.TryGetValue(version.Revision, out var change) || change.Key != write.Key || change.Value != write.Written)
                yield return new Finding(Rule.Durable, $"acknowledged, and not in the log: {write}; there is {change?.ToString() ?? "nothing"}");
            else if (change.Type != (write.Kind == OperationKind.Create ? ChangeType.Added : ChangeType.Modified))
                yield return new Finding(Rule.OneEffect, $"{write} is {change} in the log");
        }
    }

    private static IEnumerable<Finding> Effects(History history)
    {
        var writes = history.Operations.Where(operation => operation.Written is not null).ToDictionary(operation => operation.Written!, StringComparer.Ordinal);
        var effects = new Dictionary<string, Change>(StringComparer.Ordinal);
        foreach (var change in history.Log.Where(change => change.Type != ChangeType.Deleted))
        {
            if (!effects.TryAdd(change.Value, change))
                yield return new Finding(Rule.OneEffect, $"a write took effect twice: {effects[change.Value]} and {change}");
            if (!writes.TryGetValue(change.Value, out var write) || write.Key != change.Key)
                yield return new Finding(Rule.OneEffect, $"nobody wrote {change}");
            else if (write.Outcome is not (Outcome.Ok or Outcome.Unknown))
                yield return new Finding(Rule.OneEffect, $"refused, and in the log all the same: {write}; {change}");
        }
    }

    private static IEnumerable<Finding> Deletions(History history)
    {
        var deletions = history.Operations.Where(operation => operation.Kind == OperationKind.Delete).ToLookup(operation => operation.Key, StringComparer.Ordinal);
        var logged = history.Log.Where(change => change.Type == ChangeType.Deleted).ToLookup(change => change.Key, StringComparer.Ordinal);
        foreach (var key in history.Keys)
        {
            var certain = deletions[key].Count(deletion => deletion.Outcome == Outcome.Ok);
            var possible = certain + deletions[key].Count(deletion => deletion.Outcome == Outcome.Unknown);
            var count = logged[key].Count();
            if (count < certain)
                yield return new Finding(Rule.Durable, $"{key}: {certain} deletions were acknowledged, and {count} are in the log");
            if (count > possible)
                yield return new Finding(Rule.OneEffect, $"{key}: at most {possible} deletions can have happened, and {count} are in the log");
        }
    }

    private static IEnumerable<Finding> FinalState(History history)
    {
        var state = Replay(history.Log, long.MaxValue);
        foreach (var key in history.Keys.Where(key => !Same(state, history.Final, key)))
            yield return new Finding(Rule.Durable, $"{key} is {Show(history.Final, key)} in the end, and {Show(state, key)} by the log");
    }

    /// <summary>The objects after all changes up to a revision.</summary>
    public static Dictionary<string, Version> Replay(IEnumerable<Change> log, long revision)
    {
        var state = new Dictionary<string, Version>(StringComparer.Ordinal);
        foreach (var change in log.TakeWhile(change => change.Revision <= revision))
            Apply(state, change);
        return state;
    }

    public static void Apply(Dictionary<string, Version> state, Change change)
    {
        if (change.Type == ChangeType.Deleted)
            state.Remove(change.Key);
        else
            state[change.Key] = new Version(change.Revision, change.Value);
    }

    public static bool Same(IReadOnlyDictionary<string, Version> one, IReadOnlyDictionary<string, Version> other, string key) =>
        one.TryGetValue(key, out var a) ? other.TryGetValue(key, out var b) && a == b : !other.ContainsKey(key);

    public static string Show(IReadOnlyDictionary<string, Version> state, string key) =>
        state.TryGetValue(key, out var version) ? $"{version.Value}@{version.Revision}" : "absent";

    private static Dictionary<long, Change> ByRevision(History history)
    {
        var log = new Dictionary<long, Change>();
        foreach (var change in history.Log)
            log.TryAdd(change.Revision, change);
        return log;
    }
}
