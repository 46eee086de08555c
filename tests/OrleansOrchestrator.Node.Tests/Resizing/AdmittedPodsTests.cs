using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Planning;
using OrleansOrchestrator.Node.Resizing;
using OrleansOrchestrator.Node.Tests.Fakes;

namespace OrleansOrchestrator.Node.Tests.Resizing;

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

    [Theory]
    [InlineData("hugepages-2Mi", "6Mi", "4Mi", "OutOfhugepages-2Mi", "requested: 4194304, used: 6291456, capacity: 8388608")]
    [InlineData("hugepages-1Gi", null, "1Gi", "OutOfhugepages-1Gi", "requested: 1073741824, used: 0, capacity: 0")]
    [InlineData("hugepages-2Mi", "4Mi", "4Mi", null, null)]
    [InlineData("example.com/device", null, "1", null, null)]
    public void Admit_HugePages_AreCounted(string resource, string? first, string second, string? reason, string? amounts)
    {
        var admitted = new AdmittedPods(ResourceAmounts.From(new Dictionary<string, ResourceQuantity> { ["pods"] = new("3"), ["hugepages-2Mi"] = new("8Mi") }));
        if (first is not null)
            admitted.Admit(Requesting(resource, first), runs: false).ShouldBeNull();

        var refusal = admitted.Admit(Requesting(resource, second), runs: false);

        (refusal?.Reason, refusal?.Rejection).ShouldBe((reason, reason is null ? null : $"Node didn't have enough resource: {resource}, {amounts}"));
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

    [Fact]
    public void Resize_ThatFits_IsGrantedAndTakesItsRoom()
    {
        var (pod, other) = (Taken("cpu", "500m"), Taken("cpu", "500m"));

        _admitted.Resize(Asking(pod, "1500m")).ShouldBeNull();

        _admitted.AllocationOf(pod.Metadata.Uid)!.ApplyTo(pod).Spec.Containers[0].Resources.Requests["cpu"].ToString().ShouldBe("1500m");
        _admitted.Resize(Asking(other, "501m")).ShouldNotBeNull().Reason.ShouldBe("Deferred");
    }

    [Theory]
    [InlineData("cpu", "3", "Infeasible", "Node didn't have enough capacity: cpu, requested: 3000, capacity: 2000")]
    [InlineData("memory", "2Gi", "Infeasible", "Node didn't have enough capacity: memory, requested: 2147483648, capacity: 1073741824")]
    [InlineData("cpu", "1500m", "Deferred", "Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000")]
    public void Resize_ThatDoesNotFit_IsToldInTheKubeletsWords(string resource, string amount, string reason, string message)
    {
        Taken("cpu", "1");
        var pod = Taken(resource, "1");

        _admitted.Resize(Asking(pod, amount, resource)).ShouldBe(new PendingResize(reason, message));

        _admitted.AllocationOf(pod.Metadata.Uid)!.Grants(pod.Spec).ShouldBeTrue("it keeps what it had");
    }

    [Fact]
    public void Resize_ThatWaits_IsGrantedWhenAnotherPodLeaves()
    {
        var told = new List<string>();
        _admitted.Granted += told.Add;
        var (going, first, second) = (Taken("cpu", "1"), Taken("cpu", "500m"), Taken("cpu", "500m"));
        second.Spec.Priority = 5;
        _admitted.Resize(Asking(first, "1500m")).ShouldNotBeNull();
        _admitted.Resize(Asking(second, "1500m")).ShouldNotBeNull();

        _admitted.Release(going.Metadata.Uid);

        told.ShouldBe([second.Metadata.Uid], "the pod of higher priority is first, and nothing is left for the other");
        _admitted.Resize(Asking(first, "400m")).ShouldBeNull("a smaller one fits");
    }

    [Fact]
    public void Resize_TakenBack_DoesNotWaitAnyMore()
    {
        var (going, pod) = (Taken("cpu", "1"), Taken("cpu", "1"));
        _admitted.Resize(Asking(pod, "2")).ShouldNotBeNull();
        _admitted.Resize(pod).ShouldBeNull();
        _admitted.Release(going.Metadata.Uid);

        _admitted.AllocationOf(pod.Metadata.Uid)!.Grants(pod.Spec).ShouldBeTrue();
    }

    [Fact]
    public void Resize_AnySequence_NeverGrantsMoreThanTheNodeHas() => Gen.Select(Gen.Int[0, 3], Gen.Int[0, 2200], Gen.Bool).Array[1, 40].Sample(steps =>
    {
        var admitted = new AdmittedPods(new ResourceAmounts { CpuMilli = 2000, MemoryBytes = 1 << 30, StorageBytes = 1 << 30, Pods = 10 });
        var pods = new V1Pod?[4];
        var pending = new PendingResize?[4];
        foreach (var (index, millis, leaves) in steps)
        {
            if (pods[index] is not { } pod)
            {
                pod = Requesting("cpu", $"{Math.Min(millis, 600)}m");
                if (admitted.Admit(pod, runs: false) is null)
                    pods[index] = pod;
            }
            else if (leaves && millis > 1500)
            {
                admitted.Release(pod.Metadata.Uid);
                (pods[index], pending[index]) = (null, null);
            }
            else
            {
                pods[index] = Asking(pod, $"{millis}m");
                pending[index] = admitted.Resize(pods[index]!);
            }

            var granted = pods.OfType<V1Pod>().Select(one => (Pod: one, Granted: admitted.AllocationOf(one.Metadata.Uid)!)).ToList();
            var sum = granted.Sum(one => PodRequests.Compute(one.Granted.ApplyTo(one.Pod).Spec).CpuMilli);
            sum.ShouldBeLessThanOrEqualTo(2000);

            // Whoever waits would not fit; asking again changes nothing.
            foreach (var (one, allocation) in granted.Where(one => !one.Granted.Grants(one.Pod.Spec)))
            {
                var (wanted, had) = (PodRequests.Compute(one.Spec).CpuMilli, PodRequests.Compute(allocation.ApplyTo(one).Spec).CpuMilli);
                (sum - had + wanted).ShouldBeGreaterThan(2000);
                admitted.Resize(one).ShouldNotBeNull();
            }
        }
    });

    [Fact]
    public void Release_OfWhatLetsOneGrow_GrantsToThoseToWhomThatOneGivesRoom()
    {
        var admitted = new AdmittedPods(new ResourceAmounts { CpuMilli = 2000, MemoryBytes = 1 << 30, StorageBytes = 1 << 30, Pods = 10 });
        var (gone, giving, waiting) = (Requesting("cpu", "1"), Requesting("memory", "600Mi"), Requesting("memory", "300Mi"));
        waiting.Spec.Priority = 5;
        foreach (var pod in (V1Pod[])[gone, giving, waiting])
            admitted.Admit(pod, runs: false).ShouldBeNull();
        var (growing, grown) = (Asking(giving, "1500m"), Asking(waiting, "700Mi", "memory"));
        admitted.Resize(grown).ShouldNotBeNull();
        admitted.Resize(growing).ShouldNotBeNull();

        admitted.Release(gone.Metadata.Uid);

        admitted.AllocationOf(giving.Metadata.Uid)!.Grants(growing.Spec).ShouldBeTrue();
        admitted.AllocationOf(waiting.Metadata.Uid)!.Grants(grown.Spec).ShouldBeTrue();
    }

    private V1Pod Taken(string resource, string amount)
    {
        var pod = Requesting(resource, amount);
        _admitted.Admit(pod, runs: false).ShouldBeNull();
        return pod;
    }

    private static V1Pod Asking(V1Pod pod, string amount, string resource = "cpu") => pod with
    {
        Spec = pod.Spec with { Containers = [pod.Spec.Containers[0] with { Resources = new V1ResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { [resource] = new(amount) } } }] },
    };

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
