using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>What silos log of their stores at the level Information.</summary>
internal static class StoreLog
{
    /// <summary>Which of the silos opened the store of a resource last.</summary>
    public static int OwnerOf(string resource, IReadOnlyList<Member> silos) => Enumerable.Range(0, silos.Count).MaxBy(i =>
        Regex.Matches(silos[i].Describe(), $@"Opened {resource}\S* in epoch (\d+)")
            .Select(match => long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)).DefaultIfEmpty(0).Max());
}
