using OrleansOrchestrator.Consistency.Tests.Histories;

namespace OrleansOrchestrator.Consistency.Tests.Checking;

/// <summary>Lists show one revision, all of it, and none older than what was acknowledged or listed before they were asked for.</summary>
internal static class ReadCheck
{
    public static IEnumerable<Finding> Find(History history) => [.. Freshness(history), .. Contents(history)];

    private static IEnumerable<Finding> Freshness(History history)
    {
        var known = history.Operations
            .Where(operation => operation is { Outcome: Outcome.Ok, Shown: not null })
            .Select(operation => (operation.Returned, operation.Shown!.Value.Revision, By: operation.ToString()))
            .Concat(history.Listings.Select(listing => (listing.Returned, listing.Revision, By: $"client {listing.Client}: list -> {listing.Revision}")))
            .OrderBy(item => item.Returned)
            .ToList();
        var newest = (Revision: 0L, By: "");
        var next = 0;
        foreach (var listing in history.Listings.OrderBy(listing => listing.Invoked))
        {
            for (; next < known.Count && known[next].Returned < listing.Invoked; next++)
            {
                if (known[next].Revision > newest.Revision)
                    newest = (known[next].Revision, known[next].By);
            }

            if (listing.Revision < newest.Revision)
                yield return new Finding(Rule.Fresh, $"client {listing.Client} was shown a list of revision {listing.Revision} after {newest.By}");
        }
    }

    private static IEnumerable<Finding> Contents(History history)
    {
        var state = new Dictionary<string, Version>(StringComparer.Ordinal);
        var next = 0;
        foreach (var listing in history.Listings.OrderBy(listing => listing.Revision))
        {
            for (; next < history.Log.Count && history.Log[next].Revision <= listing.Revision; next++)
                LogCheck.Apply(state, history.Log[next]);
            foreach (var key in listing.Items.Keys.Union(state.Keys, StringComparer.Ordinal))
            {
                if (LogCheck.Same(listing.Items, state, key))
                    continue;
                yield return new Finding(
                    Rule.Fresh,
                    $"a list of revision {listing.Revision} shows {key} as {LogCheck.Show(listing.Items, key)}, which was {LogCheck.Show(state, key)} then");
                break;
            }
        }
    }
}
