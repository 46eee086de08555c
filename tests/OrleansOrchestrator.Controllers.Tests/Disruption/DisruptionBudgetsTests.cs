using OrleansOrchestrator.Controllers.Disruption;
using OrleansOrchestrator.Controllers.Tests.Reconciling;

namespace OrleansOrchestrator.Controllers.Tests.Disruption;

public sealed class DisruptionBudgetsTests
{
    [Fact]
    public void Take_BudgetIsNotComputedYet_AsksToComeBack()
    {
        var refusal = DisruptionBudgets.Take(Budget(generation: 2, observed: 1, allowed: 3), "a", ClusterModel.Start).ShouldNotBeNull();

        refusal.ShouldBe(new BudgetRefusal("The disruption budget web is still being processed by the server.", IsBehind: true));
    }

    [Fact]
    public void Take_NothingIsAllowed_SaysWhatIsMissing() =>
        DisruptionBudgets.Take(Budget(allowed: 0), "a", ClusterModel.Start).ShouldNotBeNull().Why
            .ShouldBe("The disruption budget web needs 2 healthy pods and has 3 currently");

    [Fact]
    public void Take_TheLastOne_IsNotedAndExhaustsTheBudget()
    {
        var budget = Budget(allowed: 1);

        DisruptionBudgets.Take(budget, "a", ClusterModel.Start).ShouldBeNull();

        budget.Status.DisruptionsAllowed.ShouldBe(0);
        budget.Status.DisruptedPods.Keys.ShouldBe(["a"]);
        var condition = budget.Status.Conditions.ShouldHaveSingleItem();
        (condition.Status, condition.Reason).ShouldBe(("False", "InsufficientPods"));
    }

    [Fact]
    public void Take_EvictionThatIsRecordedAlready_TakesNothingMoreAndStartsItsTimeAnew()
    {
        var budget = Budget(allowed: 1);
        DisruptionBudgets.Take(budget, "a", ClusterModel.Start).ShouldBeNull();

        DisruptionBudgets.Take(budget, "a", ClusterModel.Start.AddMinutes(1)).ShouldBeNull();

        budget.Status.DisruptionsAllowed.ShouldBe(0);
        budget.Status.DisruptedPods.ShouldHaveSingleItem().Value.ShouldBe(ClusterModel.Start.AddMinutes(1).UtcDateTime);
        DisruptionBudgets.Take(budget, "b", ClusterModel.Start).ShouldNotBeNull("the budget is exhausted for others");
    }

    private static V1PodDisruptionBudget Budget(int allowed, int generation = 1, int observed = 1) => new()
    {
        Metadata = new V1ObjectMeta { Name = "web", Generation = generation },
        Status = new V1PodDisruptionBudgetStatus { DisruptionsAllowed = allowed, DesiredHealthy = 2, CurrentHealthy = 3, ExpectedPods = 3, ObservedGeneration = observed },
    };
}
