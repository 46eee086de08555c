using OrleansOrchestrator.Scheduling.Cluster;

namespace OrleansOrchestrator.Scheduling.Tests.Oracle;

/// <summary>Writes what a cache holds, independent of how it came to hold it.</summary>
internal static class CacheText
{
    public static string Write(SchedulerCache cache)
    {
        var lines = new List<string>();
        var records = cache.Nodes.Records;
        for (var row = 0; row < records.Length; row++)
        {
            if (records[row] is { } record)
                lines.Add(Describe(cache, record, row));
        }

        lines.Sort(StringComparer.Ordinal);
        return $"{cache.NodeCount} nodes, {cache.PodCount} pods\n{string.Join('\n', lines)}";
    }

    private static string Describe(SchedulerCache cache, NodeRecord record, int row)
    {
        var columns = cache.Nodes.Columns;
        var pods = record.Pods.Select(pod => pod.Info.Name).Order(StringComparer.Ordinal);
        var ports = record.Ports.All.Select(port => port.ToString()).Order(StringComparer.Ordinal);
        var images = record.Images.Select(image => $"{image.Name}:{image.SizeAt(row)}:{cache.Nodes.Images.Find(image.Name)?.Count}");
        var owned = cache.Counters.OfOwner("rs").ByRow[row];
        return $"{record.Name} {record.IsPresent} {columns.FreeCpuMilli[row]} {columns.FreeMemoryBytes[row]} {columns.FreePods[row]} "
            + $"{columns.ScoredCpuMilli[row]} {columns.ScoredMemoryBytes[row]} {owned} [{string.Join(',', pods)}] [{string.Join(',', ports)}] [{string.Join(',', images)}]";
    }
}
