using OrleansOrchestrator.Consistency.Tests.Histories;

namespace OrleansOrchestrator.Consistency.Tests.Checking;

/// <summary>Every object by itself behaves as if one operation after another were done on it.</summary>
internal static class LinearizabilityCheck
{
    public const int StatesMax = 500_000;

    /// <param name="history">What happened.</param>
    /// <param name="statesMax">How many states are tried for one object before it counts as undecided.</param>
    public static IEnumerable<Finding> Find(History history, int statesMax = StatesMax)
    {
        var operations = history.Operations.ToLookup(operation => operation.Key, StringComparer.Ordinal);
        foreach (var key in history.Keys.Order(StringComparer.Ordinal))
        {
            List<Operation> all = [.. operations[key], .. ReadsOf(history.Listings, key)];
            var seen = SeenVersions(all);
            var search = new RegisterSearch(Certain(all, seen), Possible(all, seen), statesMax);
            var result = search.Run(Register.Absent);
            if (result == SearchResult.Impossible)
                yield return new Finding(Rule.Linearizable, $"no order of the {all.Count} operations on {key} explains their answers; {search.Furthest}");
            else if (result == SearchResult.GivenUp)
                yield return new Finding(Rule.Decided, $"{key}: given up after {statesMax} states; {search.Furthest}");
        }
    }

    /// <summary>A list is a read of every object, those that it does not show included.</summary>
    private static IEnumerable<Operation> ReadsOf(IEnumerable<Listing> listings, string key) => listings.Select(listing =>
        listing.Items.TryGetValue(key, out var version)
            ? new Operation(listing.Client, OperationKind.Get, key, listing.Invoked, listing.Returned, Outcome.Ok) { Shown = version }
            : new Operation(listing.Client, OperationKind.Get, key, listing.Invoked, listing.Returned, Outcome.Absent));

    /// <summary>By content, the revision under which it was shown, and the first moment at which somebody had been shown it.</summary>
    private static Dictionary<string, (long Revision, long ShownBy)> SeenVersions(IEnumerable<Operation> operations)
    {
        var seen = new Dictionary<string, (long Revision, long ShownBy)>(StringComparer.Ordinal);
        foreach (var operation in operations)
        {
            if (operation.Outcome != Outcome.Ok || operation.Shown is not { } version)
                continue;
            seen[version.Value] = seen.TryGetValue(version.Value, out var before)
                ? (before.Revision, Math.Min(before.ShownBy, operation.Returned))
                : (version.Revision, operation.Returned);
        }

        return seen;
    }

    private static IEnumerable<Operation> Certain(IEnumerable<Operation> operations, Dictionary<string, (long Revision, long ShownBy)> seen)
    {
        foreach (var operation in operations)
        {
            if (operation.Outcome is not (Outcome.Refused or Outcome.Unknown))
            {
                yield return operation;
            }
            else if (operation.Outcome == Outcome.Unknown && operation.Written is { } written && seen.TryGetValue(written, out var shown))
            {
                // Somebody has seen it: it happened, before that.
                yield return operation with { Shown = new Version(shown.Revision, written), Returned = Math.Max(shown.ShownBy, operation.Invoked) };
            }
        }
    }

    private static IEnumerable<Operation> Possible(IEnumerable<Operation> operations, Dictionary<string, (long Revision, long ShownBy)> seen) =>
        operations.Where(operation => operation.Outcome == Outcome.Unknown && operation.IsWrite
            && (operation.Written is not { } written || !seen.ContainsKey(written)));
}
