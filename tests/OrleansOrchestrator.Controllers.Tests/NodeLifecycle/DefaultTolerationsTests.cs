using OrleansOrchestrator.Controllers.NodeLifecycle;
using OrleansOrchestrator.Model.Fencing;

namespace OrleansOrchestrator.Controllers.Tests.NodeLifecycle;

public sealed class DefaultTolerationsTests
{
    [Fact]
    public void Apply_PodWithoutTolerations_GetsBothOnce()
    {
        var spec = new V1PodSpec();

        DefaultTolerations.Apply(spec, 5);
        DefaultTolerations.Apply(spec, 7);

        spec.Tolerations.Select(toleration => (toleration.Key, toleration.OperatorProperty, toleration.Effect, toleration.TolerationSeconds)).ShouldBe(
        [
            ("node.kubernetes.io/not-ready", "Exists", "NoExecute", 5),
            ("node.kubernetes.io/unreachable", "Exists", "NoExecute", 5),
        ]);
    }

    [Fact]
    public void Apply_PodThatToleratesEverything_IsLeftAlone()
    {
        var spec = new V1PodSpec { Tolerations = [new V1Toleration { OperatorProperty = "Exists" }] };

        DefaultTolerations.Apply(spec, 5);

        spec.Tolerations.Count.ShouldBe(1);
    }

    [Fact]
    public void Apply_PodThatDecidesAboutOne_GetsTheOther()
    {
        var spec = new V1PodSpec
        {
            Tolerations =
            [
                new V1Toleration { Key = "node.kubernetes.io/unreachable", OperatorProperty = "Exists", TolerationSeconds = 60 },
                new V1Toleration { Key = "node.kubernetes.io/not-ready", OperatorProperty = "Exists", Effect = "NoSchedule" },
            ],
        };

        DefaultTolerations.Apply(spec, 5);

        spec.Tolerations.Skip(2).ShouldHaveSingleItem().Key.ShouldBe("node.kubernetes.io/not-ready");
    }

    [Fact]
    public void Options_Defaults_HoldTogether() => new NodeLifecycleOptions().Faults().ShouldBeEmpty();

    [Fact]
    public void Options_FencingTooSlow_IsAFault() =>
        new NodeLifecycleOptions { Times = new FencingTimes { FencingTime = TimeSpan.FromSeconds(9), StopTime = TimeSpan.FromSeconds(4) } }.Faults()
            .ShouldBe(["FencingTime + StopTime (13 s), and 3 % more for clocks that drift, must be less than LeaseDuration + DefaultToleration (13 s), or a pod could run twice."]);
}
