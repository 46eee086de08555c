using System.Globalization;
using Npgsql;
using OrleansOrchestrator.Testing.Programs;

namespace OrleansOrchestrator.Consistency.Tests.Clusters;

/// <summary>What a cluster uses at a moment.</summary>
/// <param name="ResidentMegabytes">Memory of each silo.</param>
/// <param name="Sockets">Open sockets of each silo.</param>
/// <param name="Watches">Watches that each silo says it serves.</param>
/// <param name="DatabaseSessions">Sessions of all silos at the database.</param>
internal sealed record ClusterFigures(
    IReadOnlyList<long> ResidentMegabytes, IReadOnlyList<int> Sockets, IReadOnlyList<int> Watches, long DatabaseSessions)
{
    public static async Task<ClusterFigures> MeasureAsync(SiloCluster cluster, CancellationToken cancellationToken)
    {
        var watches = new List<int>();
        foreach (var connection in cluster.Connections)
        {
            var answer = await connection.SendAsync(HttpMethod.Get, "/metrics", cancellationToken: cancellationToken);
            watches.Add(SiloMetrics.CountWatches(answer.Body));
        }

        return new ClusterFigures(
            [.. cluster.Silos.Select(silo => Resident(silo.Id))],
            [.. cluster.Silos.Select(silo => Sockets(silo.Id))],
            watches,
            await CountSessionsAsync(cluster, cancellationToken));

        static int Sockets(int process) => Directory.EnumerateFiles($"/proc/{process}/fd")
            .Count(file => new FileInfo(file).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);
    }

    public override string ToString() =>
        $"MB resident {string.Join('/', ResidentMegabytes)}, sockets {string.Join('/', Sockets)}, watches {string.Join('/', Watches)}, "
        + $"database sessions {DatabaseSessions}";

    private static long Resident(int process) => File.ReadLines($"/proc/{process}/status")
        .Where(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
        .Select(line => long.Parse(line["VmRSS:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) / 1024)
        .FirstOrDefault();

    private static async Task<long> CountSessionsAsync(SiloCluster cluster, CancellationToken cancellationToken)
    {
        try
        {
            return (long)(await cluster.Server.ExecuteAsync(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'silo-%'", cancellationToken))!;
        }
        catch (NpgsqlException)
        {
            return -1;
        }
    }
}
