using k8s.Models;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Consistency.Tests.Crashes;

/// <summary>
/// Every controller dies with its silo in the middle of a plan, while objects are created, changed and deleted. The others finish what
/// it has begun, and at no moment more or less is there than may be.
/// </summary>
public sealed class PlanCrashTests
{
    private const int Evictions = 6;

    [Theory]
    [InlineData(CrashPoint.Before)]
    [InlineData(CrashPoint.Within)]
    [InlineData(CrashPoint.After)]
    public async Task Controllers_DyingInTheMiddleOfTheirPlans_LeaveNothingUndoneAndDoNothingTwice(CrashPoint point)
    {
        await using var cluster = await CrashCluster.StartAsync();
        var world = new CrashWorld(cluster, 1);
        var bounds = new PlanBounds(cluster, world);
        var runner = new PodRunner(cluster, world.Space, world.LimitedSpace) { Failures = { ["flaky-1"] = CrashWorld.Failures, ["flaky-2"] = CrashWorld.Failures } };
        using var stop = new CancellationTokenSource();
        var running = runner.RunAsync(stop.Token);

        cluster.Crashes.Arm(point);
        await world.CreateAsync();
        await world.UntilTrueAsync("1", replicas: 3, quota: 5);
        Report("created");
        cluster.Crashes.Arm(point);
        await Task.WhenAll(world.ChangeAsync(), EvictAsync(cluster, world));
        await world.UntilTrueAsync("2", replicas: 5, quota: 7);
        Report("changed");
        await stop.CancelAsync();
        await running;
        await bounds.CheckAsync();
        cluster.Crashes.Arm(point);
        await world.DeleteAsync();
        Report("deleted");
        cluster.Crashes.Disarm();

        cluster.Controllers.Except(cluster.Crashes.Struck).ShouldBeEmpty("every controller has died in the middle of a plan");

        void Report(string what) => TestContext.Current.TestOutputHelper?.WriteLine(
            $"{TimeProvider.System.GetUtcNow():mm:ss} {what}: {cluster.Killed} silos killed, {cluster.Crashes.Struck.Count} controllers struck");
    }

    /// <summary>Evicts pods one after another, each as soon as its budget lets it.</summary>
    private static async Task EvictAsync(CrashCluster cluster, CrashWorld world)
    {
        for (var i = 0; i < Evictions; i++)
        {
            var pods = (await cluster.ListAsync<V1Pod>(world.Space)).Where(pod => pod.Metadata.Labels?.TryGetValue("app", out var app) is true && app == "rc").ToList();
            if (pods.Count == 0)
                continue;
            var key = new ObjectKey(world.Space, pods[i % pods.Count].Metadata.Name);
            await cluster.DoAsync(api => api.Objects.EvictAsync(
                key, new V1Eviction { Metadata = new V1ObjectMeta { NamespaceProperty = key.Namespace, Name = key.Name } }, new DeletionOptions(), ApiUser.Options, CancellationToken.None));
        }
    }
}
