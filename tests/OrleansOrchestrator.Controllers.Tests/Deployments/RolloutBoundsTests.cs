using OrleansOrchestrator.Controllers.Deployments;

namespace OrleansOrchestrator.Controllers.Tests.Deployments;

public sealed class RolloutBoundsTests
{
    [Theory]
    [InlineData(10, "25%", "25%", 3, 2)]
    [InlineData(1, "25%", "25%", 1, 0)]
    [InlineData(2, "0%", "1%", 0, 1)]
    [InlineData(1, "0%", "1%", 0, 1)]
    [InlineData(2, "1%", "25%", 1, 0)]
    [InlineData(2, "1%", "0%", 1, 0)]
    [InlineData(4, "0", "0", 0, 1)]
    [InlineData(4, "2", "3", 2, 3)]
    [InlineData(4, "0", "100%", 0, 4)]
    [InlineData(4, "0", "9", 0, 4)]
    [InlineData(0, "25%", "25%", 0, 0)]
    public void Of_SurgeAndUnavailable_ResolvesBothTogether(int replicas, string surge, string unavailable, int surgeMax, int unavailableMax)
    {
        var bounds = RolloutBounds.Of(Spec(replicas, surge, unavailable));

        (bounds.Surge, bounds.Unavailable).ShouldBe((surgeMax, unavailableMax));
    }

    [Fact]
    public void Of_Recreation_LeavesTheNumberAtNoTime()
    {
        var spec = Spec(4, "1", "1");
        spec.Strategy = new V1DeploymentStrategy { Type = "Recreate" };

        RolloutBounds.Of(spec).ShouldBe(new RolloutBounds(4, 0, 0));
    }

    [Fact]
    public void Max_OfTheMostReplicasThereCanBe_DoesNotOverflow() => RolloutBounds.Of(Spec(int.MaxValue, "100%", "0")).Max.ShouldBe(int.MaxValue);

    private static V1DeploymentSpec Spec(int replicas, string surge, string unavailable) => new()
    {
        Replicas = replicas,
        Strategy = new V1DeploymentStrategy { Type = "RollingUpdate", RollingUpdate = new V1RollingUpdateDeployment { MaxSurge = surge, MaxUnavailable = unavailable } },
    };
}
