using OrleansOrchestrator.EndToEnd.Tests.CommandLine;
using OrleansOrchestrator.EndToEnd.Tests.Fencing;
using Xunit.Sdk;
using Xunit.v3;

namespace OrleansOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>Begins with the collections that take longest, so that none of them is left over at the end.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Longest =
    [
        typeof(ControlPlaneFaultTests).FullName!,
        typeof(PodsCollection).FullName!,
        typeof(HollowCollection).FullName!,
        typeof(CommandTests).FullName!,
    ];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(PlaceOf).ThenBy(collection => collection.TestCollectionDisplayName, StringComparer.Ordinal)];

    private static int PlaceOf<TTestCollection>(TTestCollection collection)
        where TTestCollection : ITestCollection =>
        Array.FindIndex(Longest, name => collection.TestCollectionDisplayName.Contains(name + " ", StringComparison.Ordinal)) is >= 0 and var place
            ? place
            : Longest.Length;
}
