using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>
/// Finds claims that no object holds by asking the store of the resource, which knows all claims: the cost does not depend on the
/// number of objects. Another object may take a claim before the commit; the commit then refuses it, and the caller searches again.
/// </summary>
internal sealed class FreeClaims(StoreClient store)
{
    // The claims of the first call to the store. They are nearly always enough. Later calls search a range that is nearly full.
    private const int FirstQuestion = 16;
    // The claims of a later call: few calls search a whole range, and each stays a small message.
    private const int NextQuestion = 1024;

    /// <summary>Finds the first values of a sequence whose claims are free.</summary>
    /// <param name="definition">The kind.</param>
    /// <param name="values">The candidates in the order in which to try them.</param>
    /// <param name="claimOf">The claim of a value.</param>
    /// <param name="excluded">Claims that must not be used, whoever holds them.</param>
    /// <param name="wanted">How many to find.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <returns>The values; fewer than wanted if there are no more.</returns>
    public async Task<List<T>> FindAsync<T>(
        ResourceDefinition definition, IEnumerable<T> values, Func<T, string> claimOf, IReadOnlySet<string> excluded, int wanted,
        CancellationToken cancellationToken)
    {
        var found = new List<T>(wanted);
        using var rest = values.GetEnumerator();
        for (var size = FirstQuestion + wanted; found.Count < wanted; size = NextQuestion)
        {
            var asked = Take(rest, size, claimOf, excluded);
            if (asked.Count == 0)
                break;
            var held = await store.FindHeldAsync(definition, asked.ConvertAll(candidate => candidate.Claim), cancellationToken);
            found.AddRange(asked.ExceptBy(held, candidate => candidate.Claim).Take(wanted - found.Count).Select(candidate => candidate.Value));
        }

        return found;
    }

    private static List<(T Value, string Claim)> Take<T>(IEnumerator<T> rest, int size, Func<T, string> claimOf, IReadOnlySet<string> excluded)
    {
        var taken = new List<(T Value, string Claim)>(size);
        while (taken.Count < size && rest.MoveNext())
        {
            var claim = claimOf(rest.Current);
            if (!excluded.Contains(claim))
                taken.Add((rest.Current, claim));
        }

        return taken;
    }
}
