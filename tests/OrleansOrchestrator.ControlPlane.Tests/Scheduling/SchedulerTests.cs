using k8s.Models;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Objects;
using OrleansOrchestrator.ControlPlane.Tests.Store;

namespace OrleansOrchestrator.ControlPlane.Tests.Scheduling;

/// <summary>The scheduler in a silo, with nodes that exist in the API only.</summary>
public sealed class SchedulerTests : IAsyncLifetime
{
    private TestSilo _silo = null!;

    private ApiUser Api => _silo.Api;

    public async ValueTask InitializeAsync() => _silo = await TestSilo.StartAsync(new ScriptedLog());

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    [Fact]
    public async Task Pods_AreSpreadOverTheNodes_AndToldSo()
    {
        // Before it has placed a pod on each of them, the scheduler may not have heard of both.
        foreach (var node in (string[])["n1", "n2"])
        {
            await Api.CreateAsync(PodSamples.Node(node));
            var first = PodSamples.Pod("default", $"first-{node}", cpu: "100m");
            first.Spec.NodeSelector = new Dictionary<string, string> { ["kubernetes.io/hostname"] = node };
            await Api.CreateAsync(first);
        }

        await Api.UntilAsync<V1Pod>("default", all => all.Count == 2 && all.TrueForAll(pod => !string.IsNullOrEmpty(pod.Spec.NodeName)));
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Api.CreateAsync(PodSamples.Pod("default", $"p{i}", cpu: "100m"))));
        var pods = await Api.UntilAsync<V1Pod>("default", all => all.TrueForAll(pod => !string.IsNullOrEmpty(pod.Spec.NodeName)));
        pods.GroupBy(pod => pod.Spec.NodeName).Select(node => node.Count()).ShouldBe([21, 21]);
        pods.ShouldAllBe(pod => pod.Status.Conditions.Single(condition => condition.Type == "PodScheduled").Status == "True");
        var told = await Api.UntilAsync<Corev1Event>("default", events => events.Count(told => told.Reason == "Scheduled") == 42);
        told.First(found => found.InvolvedObject.Name == "p7").Message.ShouldStartWith("Successfully assigned default/p7 to n");
    }

    [Fact]
    public async Task APodThatFitsNowhere_IsToldWhy_AndBoundOnceItFits()
    {
        await Api.CreateAsync(PodSamples.Node("n1", cpu: "1"));
        await Api.CreateAsync(PodSamples.Pod("default", "big", cpu: "3"));

        // The scheduler may hear of the pod before it hears of the node, and says then that there is none.
        await Api.UntilAsync<V1Pod>("default", all => all is [var pod] && pod.Status?.Conditions?.Any(
            condition => condition is { Type: "PodScheduled", Status: "False", Reason: "Unschedulable" }
                && condition.Message.StartsWith("0/1 nodes are available: 1 Insufficient cpu", StringComparison.Ordinal)) == true);
        await Api.UntilAsync<Corev1Event>("default", events => events.Exists(told => told is { Reason: "FailedScheduling", Type: "Warning" }));

        await Api.CreateAsync(PodSamples.Node("n2", cpu: "4"));
        await Api.UntilAsync<V1Pod>("default", all => all is [{ Spec.NodeName: "n2" }]);
    }

    [Fact]
    public async Task Scheduler_NoNode_TakesMoreThanItHolds()
    {
        for (var i = 0; i < 5; i++)
            await Api.CreateAsync(PodSamples.Node($"n{i}", cpu: "1"));
        await Task.WhenAll(Enumerable.Range(0, 30).Select(i => Api.CreateAsync(PodSamples.Pod("default", $"p{i}", cpu: "250m"))));
        var pods = await Api.UntilAsync<V1Pod>("default", all =>
            all.Count(pod => !string.IsNullOrEmpty(pod.Spec.NodeName)) == 20
            && all.Count(pod => pod.Status?.Conditions?.Any(condition => condition is { Type: "PodScheduled", Status: "False" }) == true) == 10);
        pods.Where(pod => !string.IsNullOrEmpty(pod.Spec.NodeName)).GroupBy(pod => pod.Spec.NodeName).ShouldAllBe(node => node.Count() == 4);

        // A place that becomes free is taken.
        var bound = pods.First(pod => !string.IsNullOrEmpty(pod.Spec.NodeName));
        await Api.DeleteAsync<V1Pod>("default", bound.Metadata.Name, new ControlPlane.Objects.DeletionOptions { GracePeriodSeconds = 0 });
        await Api.UntilAsync<V1Pod>("default", all => all.Count(pod => pod.Spec.NodeName == bound.Spec.NodeName) == 4);
    }

    [Fact]
    public async Task APodOfAnotherScheduler_IsLeftAlone_AndCanBeBoundByHand()
    {
        await Api.CreateAsync(PodSamples.Node("n1"));
        var pod = PodSamples.Pod("default", "theirs");
        pod.Spec.SchedulerName = "other";
        await Api.CreateAsync(pod);
        await Api.CreateAsync(PodSamples.Pod("default", "ours"));
        await Api.UntilAsync<V1Pod>("default", all => all.Exists(found => found is { Metadata.Name: "ours", Spec.NodeName: "n1" }));
        (await Api.GetAsync<V1Pod>("default", "theirs")).Spec.NodeName.ShouldBeNull();

        await Api.Objects.BindAsync(new("default", "theirs"), null, "n1", ApiUser.Options, TestContext.Current.CancellationToken);
        (await Api.GetAsync<V1Pod>("default", "theirs")).Spec.NodeName.ShouldBe("n1");
    }
}
