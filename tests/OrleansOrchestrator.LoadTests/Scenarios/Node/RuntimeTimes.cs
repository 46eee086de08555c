using System.Globalization;
using System.Net;
using OrleansOrchestrator.LoadTests.Client;

namespace OrleansOrchestrator.LoadTests.Scenarios.Node;

/// <summary>How long a node's calls of its engine have taken so far, as its metrics tell.</summary>
/// <param name="Seconds">The sum of each kind of call.</param>
internal sealed record RuntimeTimes(IReadOnlyDictionary<string, double> Seconds)
{
    private const string Sum = "kubelet_runtime_operations_duration_seconds_sum{";
    private const string Kind = "operation_type=\"";

    // The calls that a pod's start waits for.
    private static readonly string[] OfStarts = ["run_podsandbox", "pull_image", "create_container", "start_container", "podsandbox_status", "inspect"];

    public static async Task<RuntimeTimes> ReadAsync(ApiTarget target, string node)
    {
        using var shared = FrameworkChannel.Share(target);
        using var answer = await FrameworkChannel.GetAsync(
            target, shared, new RequestTemplate(target, "GET", $"/api/v1/nodes/{node}/proxy/metrics"), 0, HttpVersion.Version20, CancellationToken.None);
        var text = await answer.Content.ReadAsStringAsync();
        return new RuntimeTimes(text.Split('\n')
            .Where(line => line.StartsWith(Sum, StringComparison.Ordinal))
            .ToDictionary(line => line.Split(Kind)[1].Split('"')[0], line => double.Parse(line.Split('}')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture)));
    }

    /// <summary>What each pod's start took of the engine's time since then, in milliseconds, by kind of call.</summary>
    public string Describe(RuntimeTimes before, int pods)
    {
        var each = Seconds.ToDictionary(call => call.Key, call => (call.Value - before.Seconds.GetValueOrDefault(call.Key)) * 1000 / Math.Max(1, pods));
        var parts = each.Where(call => call.Value >= 0.5).OrderByDescending(call => call.Value).Select(call => string.Create(CultureInfo.InvariantCulture, $"{call.Key} {call.Value:F0}"));
        return string.Create(
            CultureInfo.InvariantCulture, $"the engine's calls took {each.Where(call => OfStarts.Contains(call.Key)).Sum(call => call.Value):F0} ms for each pod ({string.Join(", ", parts)})");
    }
}
