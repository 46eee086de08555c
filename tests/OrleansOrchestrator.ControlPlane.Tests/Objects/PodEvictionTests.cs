using k8s.Models;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Objects;

public sealed class PodEvictionTests(SharedSilo shared) : IAsyncLifetime
{
    private string _space = null!;

    private ApiUser Api => shared.Api;

    public async ValueTask InitializeAsync() => _space = await Api.NewNamespaceAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Evict_NoBudget_PodGoes()
    {
        await PodAsync("a");
        await EvictAsync("a");
        (await Api.FindAsync<V1Pod>(_space, "a")).ShouldBeNull();
        (await Should.ThrowAsync<ApiException>(EvictAsync("a"))).Code.ShouldBe(404);
    }

    [Fact]
    public async Task Evict_BudgetHasOneLeft_FirstPodGoesAndSecondStays()
    {
        await PodsAsync("a", "b", "c");
        await BudgetAsync("web", minAvailable: 2, healthy: 3);

        await EvictAsync("a");
        var refusal = await Should.ThrowAsync<ApiException>(EvictAsync("b"));

        (await Api.FindAsync<V1Pod>(_space, "a")).ShouldBeNull();
        (await Api.FindAsync<V1Pod>(_space, "b")).ShouldNotBeNull();
        var status = await StatusAsync("web", status => status.CurrentHealthy == 2);
        status.DisruptionsAllowed.ShouldBe(0);
        status.Conditions.ShouldHaveSingleItem().Reason.ShouldBe("InsufficientPods");
        (refusal.Code, refusal.Message).ShouldBe((429, "Cannot evict pod as it would violate the pod's disruption budget."));
        refusal.Status.Details.Causes.ShouldHaveSingleItem().Message.ShouldStartWith("The disruption budget web needs 2 healthy pods and has ");
    }

    [Fact]
    public async Task Evict_ManyAtOnce_NoMoreGoThanTheBudgetAllows()
    {
        string[] names = [.. Enumerable.Range(0, 12).Select(number => $"p{number}")];
        await PodsAsync(names);
        await BudgetAsync("web", minAvailable: 7, healthy: 12);

        var gone = await Task.WhenAll(names.Select(async name =>
        {
            try
            {
                await EvictAsync(name);
                return true;
            }
            catch (ApiException refusal) when (refusal.Code == 429)
            {
                return false;
            }
        }));

        gone.Count(isGone => isGone).ShouldBe(5);
        (await Api.ListAsync<V1Pod>(_space)).Count.ShouldBe(7);
    }

    [Fact]
    public async Task Evict_DryRun_NothingIsTaken()
    {
        await PodsAsync("a", "b");
        await BudgetAsync("web", minAvailable: 1, healthy: 2);

        await EvictAsync("a", ApiUser.Options with { DryRun = true });

        (await Api.FindAsync<V1Pod>(_space, "a")).ShouldNotBeNull();
        var status = (await Api.GetAsync<V1PodDisruptionBudget>(_space, "web")).Status;
        (status.DisruptionsAllowed, status.DisruptedPods).ShouldBe((1, null));
    }

    [Fact]
    public async Task Evict_PodThatTakesItsTime_SaysWhyItGoes()
    {
        await PodAsync("a", node: "somewhere");

        await EvictAsync("a", gracePeriodSeconds: 30);

        var pod = await Api.GetAsync<V1Pod>(_space, "a");
        pod.Metadata.DeletionTimestamp.ShouldNotBeNull();
        var condition = pod.Condition(PodConditionTypes.DisruptionTarget).ShouldNotBeNull();
        (condition.Status, condition.Reason, condition.Message).ShouldBe(("True", "EvictionByEvictionAPI", "Eviction API: evicting"));
    }

    [Fact]
    public async Task Evict_TwoBudgets_IsRefused()
    {
        await PodAsync("a");
        await BudgetAsync("one", minAvailable: 0, healthy: 1);
        await BudgetAsync("two", minAvailable: 0, healthy: 1);

        (await Should.ThrowAsync<ApiException>(EvictAsync("a"))).Code.ShouldBe(500);
    }

    [Theory]
    [InlineData("Pending", null, true)]
    [InlineData("Failed", null, true)]
    [InlineData("Running", null, false)]
    [InlineData("Running", "AlwaysAllow", true)]
    [InlineData("Running", null, true, 1)]
    public async Task Evict_UnreadyPodOfAnExhaustedBudget_GoesWhereItServesNobody(string phase, string? policy, bool isGone, int others = 0)
    {
        await PodAsync("a", phase, ready: "False");
        await PodsAsync([.. Enumerable.Range(0, others).Select(i => $"ready-{i}")]);
        await BudgetAsync("web", minAvailable: 1, healthy: others, policy: policy);

        if (isGone)
            await EvictAsync("a");
        else
            (await Should.ThrowAsync<ApiException>(EvictAsync("a"))).Code.ShouldBe(429);
        (await Api.FindAsync<V1Pod>(_space, "a") is null).ShouldBe(isGone);
    }

    private Task EvictAsync(string name, WriteOptions? options = null, long gracePeriodSeconds = 0) =>
        Api.Objects.EvictAsync(
            new ObjectKey(_space, name), new V1Eviction(), new DeletionOptions { GracePeriodSeconds = gracePeriodSeconds }, options ?? ApiUser.Options,
            TestContext.Current.CancellationToken);

    private Task PodsAsync(params string[] names) => Task.WhenAll(names.Select(name => PodAsync(name)));

    private async Task PodAsync(string name, string phase = "Running", string ready = "True", string? node = null)
    {
        var pod = await Api.CreateAsync(new V1Pod
        {
            Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = _space, Labels = new Dictionary<string, string> { ["app"] = "web" } },
            Spec = new V1PodSpec { NodeName = node, SchedulerName = "nobody", Containers = [new V1Container { Name = "main", Image = "example.org/web:1" }] },
        });
        pod.Status = new V1PodStatus { Phase = phase, Conditions = [new V1PodCondition { Type = "Ready", Status = ready }] };
        await Api.UpdateAsync(pod, "status");
    }

    /// <summary>Creates a budget and waits until its controller has counted its healthy pods.</summary>
    private async Task BudgetAsync(string name, int minAvailable, int healthy, string? policy = null)
    {
        await Api.CreateAsync(new V1PodDisruptionBudget
        {
            Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = _space },
            Spec = new V1PodDisruptionBudgetSpec
            {
                MinAvailable = minAvailable,
                Selector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["app"] = "web" } },
                UnhealthyPodEvictionPolicy = policy,
            },
        });
        await StatusAsync(name, status => status.ObservedGeneration == 1 && status.CurrentHealthy == healthy);
    }

    private async Task<V1PodDisruptionBudgetStatus> StatusAsync(string name, Func<V1PodDisruptionBudgetStatus, bool> isReached)
    {
        V1PodDisruptionBudgetStatus status = null!;
        await Eventually.HoldsAsync(async () => isReached(status = (await Api.GetAsync<V1PodDisruptionBudget>(_space, name)).Status));
        return status;
    }
}
