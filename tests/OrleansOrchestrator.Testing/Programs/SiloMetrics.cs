using System.Globalization;

namespace OrleansOrchestrator.Testing.Programs;

/// <summary>Reads the metrics of a silo from <c>/metrics</c>.</summary>
public static class SiloMetrics
{
    /// <summary>How many watches the silo serves.</summary>
    /// <param name="metrics">The text of <c>/metrics</c>.</param>
    public static int CountWatches(string metrics) => (int)metrics.Split('\n')
        .Where(line => line.StartsWith("apiserver_longrunning_requests", StringComparison.Ordinal) && line.Contains("WATCH", StringComparison.Ordinal))
        .Sum(line => double.Parse(line.Split('}')[1].Trim().Split(' ')[0], CultureInfo.InvariantCulture));
}
