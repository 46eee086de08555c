using k8s.Models;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Tests.Admission;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Objects;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Testing;

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
        await Api.DeleteAsync<V1Pod>("default", bound.Metadata.Name, new ControlPlane.Requests.DeletionOptions { GracePeriodSeconds = 0 });
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

    [Fact]
    public async Task Pod_OfHigherPriority_PushesOutALowerOneAndHasItsPlace()
    {
        await Api.CreateAsync(PodSamples.Node("n1", cpu: "1"));
        var low = PodSamples.Pod("default", "low", cpu: "1");
        low.Metadata.Finalizers = ["example.com/look"];
        await Api.CreateAsync(low);
        await Api.UntilAsync<V1Pod>("default", all => all is [{ Spec.NodeName: "n1" }]);

        await Api.CreateAsync(new V1PriorityClass { Metadata = new V1ObjectMeta { Name = "high" }, Value = 1000 });
        var high = PodSamples.Pod("default", "high", cpu: "1");
        high.Spec.PriorityClassName = "high";
        await Api.CreateAsync(high);
        var equal = PodSamples.Pod("default", "equal", cpu: "1");
        equal.Spec.PriorityClassName = "high";

        // The finalizer keeps the victim in sight while it ends.
        var pods = await Api.UntilAsync<V1Pod>("default", all =>
            all.Exists(pod => pod is { Metadata: { Name: "low", DeletionTimestamp: not null } }) && all.Exists(pod => pod is { Metadata.Name: "high", Status.NominatedNodeName: "n1" }));
        var victim = pods.Find(pod => pod.Metadata.Name == "low")!;
        var told = victim.Status.Conditions.Single(condition => condition.Type == "DisruptionTarget");
        (told.Status, told.Reason, told.Message).ShouldBe(
            ("True", "PreemptionByScheduler", "default-scheduler: preempting to accommodate a higher priority pod"));
        var uid = pods.Find(pod => pod.Metadata.Name == "high")!.Metadata.Uid;
        await Api.UntilAsync<Corev1Event>("default", events => events.Exists(recorded =>
            recorded is { Type: "Normal", Reason: "Preempted", InvolvedObject.Name: "low" } && recorded.Message == $"Preempted by pod {uid} on node n1"));

        // While room is being made, others of its priority wait behind it.
        await Api.CreateAsync(equal);
        await Api.DeleteAsync<V1Pod>("default", "low", new ControlPlane.Requests.DeletionOptions { GracePeriodSeconds = 0 });
        await Api.PatchAsync<V1Pod>("default", "low", ControlPlane.Requests.PatchType.MergePatch, """{"metadata": {"finalizers": null}}""");
        pods = await Api.UntilAsync<V1Pod>("default", all => all.Exists(pod => pod is { Metadata.Name: "high", Spec.NodeName: "n1", Status.NominatedNodeName: null or "" }));
        pods.Find(pod => pod.Metadata.Name == "equal")!.Spec.NodeName.ShouldBeNull();
    }

    [Fact]
    public async Task Pod_WhoseVictimMayNotBeEvicted_IsTriedAgainAfterItsBackoff()
    {
        var refusals = 0;
        var mayAnswer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var guard = new TestAdmission
        {
            Deadline = TimeSpan.FromSeconds(30),
            Concerns = static request => request is { Operation: AdmissionOperation.Delete, Key.Name: "low" },
            OnValidate = async (_, cancellationToken) =>
            {
                await mayAnswer.Task.WaitAsync(cancellationToken);
                Interlocked.Increment(ref refusals);
                throw ApiErrors.Forbidden(WellKnownResources.Pods, "low", "it stays");
            },
        };
        await using var silo = await TestSilo.StartAsync(new ScriptedLog(), plugins: guard);
        var api = silo.Api;
        await api.CreateAsync(PodSamples.Node("n1", cpu: "1"));
        await api.CreateAsync(PodSamples.Pod("default", "low", cpu: "1"));
        await api.UntilAsync<V1Pod>("default", all => all is [{ Spec.NodeName: "n1" }]);
        await api.CreateAsync(new V1PriorityClass { Metadata = new V1ObjectMeta { Name = "high" }, Value = 1000 });
        var high = PodSamples.Pod("default", "high", cpu: "1");
        high.Spec.PriorityClassName = "high";
        await api.CreateAsync(high);
        await api.UntilAsync<V1Pod>("default", all => all.Exists(pod => pod is { Metadata.Name: "high", Status.NominatedNodeName: "n1" }));

        // By now nothing else happens that would remind the scheduler of the pod.
        mayAnswer.SetResult();

        await Eventually.HoldsAsync(() => Volatile.Read(ref refusals) > 1, within: TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Pod_ThatMayNotPreempt_WaitsAndIsToldWhy()
    {
        await Api.CreateAsync(PodSamples.Node("n1", cpu: "1"));
        await Api.CreateAsync(PodSamples.Pod("default", "low", cpu: "1"));
        await Api.UntilAsync<V1Pod>("default", all => all is [{ Spec.NodeName: "n1" }]);
        var high = PodSamples.Pod("default", "high", cpu: "1");
        await Api.CreateAsync(new V1PriorityClass { Metadata = new V1ObjectMeta { Name = "patient" }, Value = 1000, PreemptionPolicy = "Never" });
        high.Spec.PriorityClassName = "patient";
        await Api.CreateAsync(high);

        await Api.UntilAsync<V1Pod>("default", all => all.Exists(pod => pod.Metadata.Name == "high" && pod.Status?.Conditions?.Any(condition =>
            condition.Message == "0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.") == true));
        (await Api.GetAsync<V1Pod>("default", "low")).Metadata.DeletionTimestamp.ShouldBeNull();
    }
}
