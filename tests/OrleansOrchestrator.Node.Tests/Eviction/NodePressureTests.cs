using k8s.Models;
using OrleansOrchestrator.Node.Pressure;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Node.Thresholds;

namespace OrleansOrchestrator.Node.Tests.Eviction;

public sealed class NodePressureTests
{
    private readonly NodePressure _pressure = new();

    [Fact]
    public void Refuse_ShortOfNothing_TakesAllPods() => _pressure.Refuse(TestPods.Shell("a", "")).ShouldBeNull();

    [Fact]
    public void Refuse_ShortOfMemory_RejectsBestEffortPodsThatDoNotTolerateIt()
    {
        _pressure.Conditions = [PressureCondition.Memory];

        var refusal = _pressure.Refuse(TestPods.Shell("a", "")).ShouldNotBeNull();

        (refusal.Reason, refusal.Message).ShouldBe(("Evicted", "Pod was rejected: The node had condition: [MemoryPressure]. "));
        _pressure.Refuse(Requesting()).ShouldBeNull();
        _pressure.Refuse(Tolerating("node.kubernetes.io/memory-pressure")).ShouldBeNull();
        _pressure.Refuse(Tolerating("node.kubernetes.io/disk-pressure")).ShouldNotBeNull();
    }

    [Fact]
    public void Refuse_ShortOfDiskToo_RejectsAllButCriticalPods()
    {
        _pressure.Conditions = [PressureCondition.Memory, PressureCondition.Disk];
        var critical = TestPods.Shell("critical", "");
        critical.Spec.Priority = 2_000_001_000;

        _pressure.Refuse(Requesting())!.Rejection.ShouldBe("The node had condition: [MemoryPressure DiskPressure]. ");
        _pressure.Refuse(Tolerating("node.kubernetes.io/disk-pressure")).ShouldNotBeNull();
        _pressure.Refuse(critical).ShouldBeNull();
    }

    private static V1Pod Requesting()
    {
        var pod = TestPods.Shell("a", "");
        pod.Spec.Containers[0].Resources = new V1ResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["memory"] = new("1Mi") } };
        return pod;
    }

    private static V1Pod Tolerating(string taint)
    {
        var pod = TestPods.Shell("a", "");
        pod.Spec.Tolerations = [new V1Toleration { Key = taint, OperatorProperty = "Exists", Effect = "NoSchedule" }];
        return pod;
    }
}
