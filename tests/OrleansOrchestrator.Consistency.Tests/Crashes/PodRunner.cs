using System.Globalization;
using k8s.Models;

namespace OrleansOrchestrator.Consistency.Tests.Crashes;

/// <summary>Does to pods what daemons do: they become ready, and those of Jobs end.</summary>
internal sealed class PodRunner(CrashCluster cluster, params string[] namespaces)
{
    private const string JobLabel = "batch.kubernetes.io/job-name";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(30);

    private readonly HashSet<string> _failed = new(StringComparer.Ordinal);
    private int _addresses;

    /// <summary>How many of the first pods of a Job fail, by its name.</summary>
    public Dictionary<string, int> Failures { get; } = new(StringComparer.Ordinal);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            foreach (var pod in (await Task.WhenAll(namespaces.Select(cluster.ListAsync<V1Pod>))).SelectMany(pods => pods))
            {
                if (NextStatus(pod) is not { } status)
                    continue;
                await cluster.PatchAsync<V1Pod>(
                    pod.Metadata.NamespaceProperty, pod.Metadata.Name, $$"""{"metadata":{"uid":"{{pod.Metadata.Uid}}"},"status":{{status}}}""", "status");
            }

            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }
    }

    private string? NextStatus(V1Pod pod)
    {
        if (pod.Metadata.DeletionTimestamp is not null || pod.Metadata.OwnerReferences is not { Count: > 0 })
            return null;
        var job = pod.Metadata.Labels is { } labels && labels.TryGetValue(JobLabel, out var name) ? name : null;
        return pod.Status?.Phase switch
        {
            null or "" or "Pending" => Running(),
            "Running" when job is not null => IsToFail(job, pod.Metadata.Uid) ? Ended("Failed") : Ended("Succeeded"),
            _ => null,
        };
    }

    private bool IsToFail(string job, string uid)
    {
        if (_failed.Contains(uid))
            return true;
        if (Failures.GetValueOrDefault(job) == 0)
            return false;
        Failures[job]--;
        return _failed.Add(uid);
    }

    private string Running()
    {
        var number = ++_addresses;
        return string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"phase":"Running","podIP":"10.1.{{number / 250}}.{{(number % 250) + 1}}","conditions":[{"type":"Ready","status":"True","lastTransitionTime":"1970-01-01T00:00:00Z"}]}""");
    }

    // It ended long ago, so that no back-off delays the next one.
    private static string Ended(string phase) => $$$$"""
        {"phase":"{{{{phase}}}}","conditions":[{"type":"Ready","status":"False"}],"containerStatuses":[{"name":"main","image":"i","imageID":"i","ready":false,"restartCount":0,
        "state":{"terminated":{"exitCode":{{{{(phase == "Failed" ? 1 : 0)}}}},"finishedAt":"1970-01-01T00:00:00Z"}}}]}
        """;
}
