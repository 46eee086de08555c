using k8s.Models;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Consistency.Tests.Crashes;

/// <summary>Checks what must hold at every moment, over all that was ever committed of a world.</summary>
internal sealed class PlanBounds(CrashCluster cluster, CrashWorld world)
{
    private const string JobLabel = "batch.kubernetes.io/job-name";

    public async Task CheckAsync()
    {
        await CheckRolloutAsync();
        await CheckPodsAsync();
        await CheckQuotaAsync();
        await CheckJobsAsync();
        await CheckCronJobsAsync();
    }

    private async Task CheckRolloutAsync() =>
        await ForEachMomentAsync<V1ReplicaSet>(world.Space, sets => sets.Sum(set => set.Spec.Replicas ?? 1)
            .ShouldBeLessThanOrEqualTo(5, "a rollout wants 4 pods and a surge of 1"));

    /// <summary>Once they were ready, never fewer are than an update, or an eviction, may take.</summary>
    private async Task CheckPodsAsync()
    {
        (string App, int All, int Least)[] wanted = [("web", 4, 3), ("db", 3, 2), ("agent", 2, 1), ("rc", 3, 2)];
        var serving = new HashSet<string>();
        await ForEachMomentAsync<V1Pod>(world.Space, pods =>
        {
            foreach (var (app, all, least) in wanted)
            {
                var ready = pods.Count(pod => AppOf(pod) == app && IsReady(pod));
                if (ready >= all)
                    serving.Add(app);
                else if (serving.Contains(app))
                    ready.ShouldBeGreaterThanOrEqualTo(least, $"ready pods of {app}");
            }
        });
        serving.Count.ShouldBe(wanted.Length);
    }

    private async Task CheckQuotaAsync() =>
        await ForEachMomentAsync<V1Pod>(world.LimitedSpace, pods => pods.Count.ShouldBeLessThanOrEqualTo(7, "the quota allows 7 pods"));

    private async Task CheckJobsAsync()
    {
        var ended = new HashSet<(string Job, string Phase, string Uid)>();
        await ForEachMomentAsync<V1Pod>(world.Space, pods =>
        {
            foreach (var ofJob in pods.Where(pod => JobOf(pod) is not null).GroupBy(pod => JobOf(pod)!))
            {
                ofJob.Count(pod => pod.Status?.Phase is not ("Succeeded" or "Failed") && pod.Metadata.DeletionTimestamp is null)
                    .ShouldBeLessThanOrEqualTo(3, $"{ofJob.Key} runs 3 pods at once");
                ended.UnionWith(ofJob.Where(pod => pod.Status?.Phase is "Succeeded" or "Failed").Select(pod => (ofJob.Key, pod.Status.Phase, pod.Metadata.Uid)));
            }
        });
        await ForEachMomentAsync<V1Job>(world.Space, jobs =>
        {
            foreach (var job in jobs)
            {
                Counted(job.Status?.Succeeded, job.Status?.UncountedTerminatedPods?.Succeeded).ShouldBeLessThanOrEqualTo(Ended(job, "Succeeded"), $"pods of {job.Metadata.Name} that succeeded");
                Counted(job.Status?.Failed, job.Status?.UncountedTerminatedPods?.Failed).ShouldBeLessThanOrEqualTo(Ended(job, "Failed"), $"pods of {job.Metadata.Name} that failed");
            }
        });

        int Ended(V1Job job, string phase) => ended.Count(pod => pod.Job == job.Metadata.Name && pod.Phase == phase);
    }

    /// <summary>Each scheduled time has one Job.</summary>
    private async Task CheckCronJobsAsync()
    {
        var jobs = (await cluster.HistoryAsync<V1Job>(world.Space)).Where(change => change.Object?.Metadata.OwnerReferences is [{ Kind: "CronJob" }])
            .DistinctBy(change => change.Object!.Metadata.Uid).ToList();
        jobs.Select(job => job.Key).Distinct().Count().ShouldBe(jobs.Count);
        jobs.GroupBy(job => job.Object!.Metadata.OwnerReferences[0].Name).Select(group => (group.Key, Count: group.Count()))
            .ShouldBe([("nightly-1", 1), ("nightly-2", 1)], ignoreOrder: true);
    }

    private async Task ForEachMomentAsync<T>(string space, Action<IReadOnlyCollection<T>> check)
        where T : class, KubeObject
    {
        var present = new Dictionary<ObjectKey, T>();
        foreach (var (key, obj) in await cluster.HistoryAsync<T>(space))
        {
            // With its namespace everything goes.
            if (obj is null)
                present.Remove(key);
            else
                present[key] = obj;
            check(present.Values);
        }
    }

    private static int Counted(int? counted, IList<string>? uncounted) => (counted ?? 0) + (uncounted?.Count ?? 0);

    private static string? AppOf(V1Pod pod) => pod.Metadata.Labels is { } labels && labels.TryGetValue("app", out var app) ? app : null;

    private static string? JobOf(V1Pod pod) => pod.Metadata.Labels is { } labels && labels.TryGetValue(JobLabel, out var job) ? job : null;

    private static bool IsReady(V1Pod pod) =>
        pod.Metadata.DeletionTimestamp is null && pod.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) is true;
}
