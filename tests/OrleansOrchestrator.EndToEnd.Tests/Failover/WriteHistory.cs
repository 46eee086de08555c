using System.Diagnostics;

namespace OrleansOrchestrator.EndToEnd.Tests.Failover;

/// <summary>What writers and a watch saw around a fault.</summary>
internal sealed record WriteHistory(
    IReadOnlyList<Acknowledgement> Acknowledged,
    IReadOnlyList<string> Faults,
    IReadOnlyList<(string Type, string Name, long Revision)> Events,
    int Resumptions,
    TimeSpan Lasted,
    TimeSpan LongestGap)
{
    public static WriteHistory Of(IReadOnlyList<ConfigMapWriter> writers, ConfigMapWatch watch, long began, TimeSpan longestGap) => new(
        [.. writers.SelectMany(writer => writer.Acknowledged)],
        [.. writers.SelectMany(writer => writer.Faults)],
        watch.Events,
        watch.Resumptions,
        Stopwatch.GetElapsedTime(began),
        longestGap);

    public override string ToString() =>
        $"{Acknowledged.Count} writes acknowledged; longest gap {LongestGap.TotalMilliseconds:0} ms; "
        + $"{Faults.Count} faults ({string.Join(", ", Faults.GroupBy(fault => fault).Select(group => $"{group.Count()}× {group.Key}"))}); "
        + $"the watch was resumed {Resumptions}×";
}
