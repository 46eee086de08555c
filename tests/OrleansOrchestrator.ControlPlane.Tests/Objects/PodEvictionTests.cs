using k8s.Models;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

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
        await PodAsync("a");
        await PodAsync("b");
        await BudgetAsync("web", allowed: 1);

        await EvictAsync("a");
        var refusal = await Should.ThrowAsync<ApiException>(EvictAsync("b"));

        (await Api.FindAsync<V1Pod>(_space, "a")).ShouldBeNull();
        (await Api.FindAsync<V1Pod>(_space, "b")).ShouldNotBeNull();
        var budget = await Api.GetAsync<V1PodDisruptionBudget>(_space, "web");
        budget.Status.DisruptionsAllowed.ShouldBe(0);
        budget.Status.DisruptedPods.Keys.ShouldBe(["a"]);
        budget.Status.Conditions.ShouldHaveSingleItem().Reason.ShouldBe("InsufficientPods");
        (refusal.Code, refusal.Message).ShouldBe((429, "Cannot evict pod as it would violate the pod's disruption budget."));
        refusal.Status.Details.Causes.ShouldHaveSingleItem().Message.ShouldBe("The disruption budget web needs 2 healthy pods and has 3 currently");
    }

    [Fact]
    public async Task Evict_ManyAtOnce_NoMoreGoThanTheBudgetAllows()
    {
        var names = Enumerable.Range(0, 12).Select(number => $"p{number}").ToList();
        await Task.WhenAll(names.Select(name => PodAsync(name)));
        await BudgetAsync("web", allowed: 5);

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
        await PodAsync("a");
        await BudgetAsync("web", allowed: 1);

        await EvictAsync("a", ApiUser.Options with { DryRun = true });

        (await Api.FindAsync<V1Pod>(_space, "a")).ShouldNotBeNull();
        (await Api.GetAsync<V1PodDisruptionBudget>(_space, "web")).Status.DisruptionsAllowed.ShouldBe(1);
    }

    [Fact]
    public async Task Evict_BudgetIsNotComputedYet_IsToldToAskAgain()
    {
        await PodAsync("a");
        await Api.CreateAsync(Budget("web"));

        var refusal = await Should.ThrowAsync<ApiException>(EvictAsync("a"));

        (refusal.Code, refusal.Status.Details.RetryAfterSeconds).ShouldBe((429, 10));
        refusal.Status.Details.Causes[0].Message.ShouldBe("The disruption budget web is still being processed by the server.");
    }

    [Fact]
    public async Task Evict_TwoBudgets_IsRefused()
    {
        await PodAsync("a");
        await BudgetAsync("one", allowed: 1);
        await BudgetAsync("two", allowed: 1);

        (await Should.ThrowAsync<ApiException>(EvictAsync("a"))).Code.ShouldBe(500);
    }

    [Theory]
    [InlineData("Pending", null, true)]
    [InlineData("Failed", null, true)]
    [InlineData("Running", null, false)]
    [InlineData("Running", "AlwaysAllow", true)]
    public async Task Evict_UnreadyPodOfAnExhaustedBudget_GoesWhereItServesNobody(string phase, string? policy, bool isGone)
    {
        await PodAsync("a", phase, ready: "False");
        await BudgetAsync("web", allowed: 0, healthy: 1, policy: policy);

        if (isGone)
            await EvictAsync("a");
        else
            (await Should.ThrowAsync<ApiException>(EvictAsync("a"))).Code.ShouldBe(429);
        (await Api.FindAsync<V1Pod>(_space, "a") is null).ShouldBe(isGone);
    }

    private Task EvictAsync(string name, WriteOptions? options = null) =>
        Api.Objects.EvictAsync(
            new ObjectKey(_space, name), new V1Eviction(), new DeletionOptions { GracePeriodSeconds = 0 }, options ?? ApiUser.Options,
            TestContext.Current.CancellationToken);

    private async Task PodAsync(string name, string phase = "Running", string ready = "True")
    {
        var pod = await Api.CreateAsync(new V1Pod
        {
            Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = _space, Labels = new Dictionary<string, string> { ["app"] = "web" } },
            Spec = new V1PodSpec { SchedulerName = "nobody", Containers = [new V1Container { Name = "main", Image = "example.org/web:1" }] },
        });
        pod.Status = new V1PodStatus { Phase = phase, Conditions = [new V1PodCondition { Type = "Ready", Status = ready }] };
        await Api.UpdateAsync(pod, "status");
    }

    private async Task BudgetAsync(string name, int allowed, int healthy = 3, string? policy = null)
    {
        var budget = await Api.CreateAsync(Budget(name, policy));
        budget.Status = new V1PodDisruptionBudgetStatus
        {
            CurrentHealthy = healthy,
            DesiredHealthy = 2,
            DisruptionsAllowed = allowed,
            ExpectedPods = 3,
            ObservedGeneration = budget.Metadata.Generation,
        };
        await Api.UpdateAsync(budget, "status");
    }

    private V1PodDisruptionBudget Budget(string name, string? policy = null) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = _space },
        Spec = new V1PodDisruptionBudgetSpec
        {
            MinAvailable = 2,
            Selector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["app"] = "web" } },
            UnhealthyPodEvictionPolicy = policy,
        },
    };
}
