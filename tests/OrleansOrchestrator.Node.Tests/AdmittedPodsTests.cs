using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Pods;
using OrleansOrchestrator.Node.Tests.Fakes;

namespace OrleansOrchestrator.Node.Tests;

public sealed class AdmittedPodsTests
{
    private readonly AdmittedPods _admitted = new(new ResourceAmounts { CpuMilli = 2000, MemoryBytes = 1 << 30, StorageBytes = 1 << 30, Pods = 3 });

    [Theory]
    [InlineData("cpu", "1500m", "600m", "OutOfcpu", "requested: 600, used: 1500, capacity: 2000")]
    [InlineData("memory", "1000Mi", "25Mi", "OutOfmemory", "requested: 26214400, used: 1048576000, capacity: 1073741824")]
    [InlineData("ephemeral-storage", "1Gi", "1", "OutOfephemeral-storage", "requested: 1, used: 1073741824, capacity: 1073741824")]
    public void Admit_MoreThanIsLeft_IsRejectedInTheKubeletsWords(string resource, string first, string second, string reason, string amounts)
    {
        _admitted.Admit(Requesting(resource, first), runs: false).ShouldBeNull();

        var refusal = _admitted.Admit(Requesting(resource, second), runs: false).ShouldNotBeNull();

        refusal.Reason.ShouldBe(reason);
        refusal.Rejection.ShouldBe($"Node didn't have enough resource: {resource}, {amounts}");
        refusal.Message.ShouldBe($"Pod was rejected: {refusal.Rejection}");
    }

    [Fact]
    public void Admit_AllThatIsLeft_IsTaken()
    {
        _admitted.Admit(Requesting("cpu", "1500m"), runs: false).ShouldBeNull();
        _admitted.Admit(Requesting("cpu", "500m"), runs: false).ShouldBeNull();
    }

    [Fact]
    public void Admit_WithoutRequests_FitsAFullNodeUntilItHasTooManyPods()
    {
        _admitted.Admit(Requesting("cpu", "2"), runs: false).ShouldBeNull();
        _admitted.Admit(TestPods.Shell("b", ""), runs: false).ShouldBeNull();
        _admitted.Admit(TestPods.Shell("c", ""), runs: false).ShouldBeNull();

        _admitted.Admit(TestPods.Shell("d", ""), runs: false)!.Rejection.ShouldBe("Node didn't have enough resource: pods, requested: 1, used: 3, capacity: 3");
    }

    [Theory]
    [InlineData("", "TCP", "", "TCP", false)]
    [InlineData("127.0.0.1", "TCP", "", "TCP", false)]
    [InlineData("127.0.0.1", "TCP", "127.0.0.1", "TCP", false)]
    [InlineData("127.0.0.1", "TCP", "192.0.2.1", "TCP", true)]
    [InlineData("", "TCP", "", "UDP", true)]
    public void Admit_HostPortOfAnother_DependsOnAddressAndProtocol(string ip, string protocol, string otherIp, string otherProtocol, bool isTaken)
    {
        _admitted.Admit(WithPort(ip, protocol), runs: false).ShouldBeNull();

        var refusal = _admitted.Admit(WithPort(otherIp, otherProtocol), runs: false);

        refusal?.Reason.ShouldBe("NodePorts");
        (refusal is null).ShouldBe(isTaken);
    }

    [Fact]
    public void Admit_OfAPodThatRuns_TakesItWhateverElseIsHere()
    {
        _admitted.Admit(WithPort("", "TCP"), runs: true).ShouldBeNull();
        _admitted.Admit(WithPort("", "TCP"), runs: true).ShouldBeNull();
        _admitted.Admit(WithPort("", "TCP"), runs: false).ShouldNotBeNull();
    }

    [Fact]
    public void Release_MakesRoom_AndOnceIsEnough()
    {
        var first = WithPort("", "TCP");
        _admitted.Admit(first, runs: false).ShouldBeNull();
        _admitted.Admit(first, runs: false).ShouldBeNull();
        _admitted.Release(first.Metadata.Uid);
        _admitted.Release(first.Metadata.Uid);

        _admitted.Admit(WithPort("", "TCP"), runs: false).ShouldBeNull();
    }

    private static V1Pod Requesting(string resource, string amount)
    {
        var pod = TestPods.Shell("a", "");
        pod.Spec.Containers[0].Resources = new V1ResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { [resource] = new(amount) } };
        return pod;
    }

    private static V1Pod WithPort(string ip, string protocol)
    {
        var pod = TestPods.Shell("a", "");
        pod.Spec.Containers[0].Ports = [new V1ContainerPort { ContainerPort = 80, HostPort = 8080, HostIP = ip, Protocol = protocol }];
        return pod;
    }
}
