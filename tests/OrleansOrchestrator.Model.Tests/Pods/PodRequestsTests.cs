using k8s.Models;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Model.Tests.Pods;

public sealed class PodRequestsTests
{
    [Fact]
    public void Compute_Containers_AreSummedUp() =>
        Cpu([Container("100m"), Container("0.25")], []).ShouldBe(350);

    [Fact]
    public void Compute_InitContainer_CountsWhereItIsMore() =>
        Cpu([Container("100m")], [Container("300m"), Container("200m")]).ShouldBe(300);

    [Fact]
    public void Compute_Sidecar_AddsToContainersAndToLaterInitContainers() =>
        Cpu([Container("100m")], [Sidecar("50m"), Container("300m")]).ShouldBe(350);

    [Fact]
    public void Compute_SidecarAfterInitContainer_DoesNotAddToIt() =>
        Cpu([Container("100m")], [Container("300m"), Sidecar("50m")]).ShouldBe(300);

    [Fact]
    public void Compute_SidecarsAndContainers_AreSummedUp() =>
        Cpu([Container("400m")], [Sidecar("50m"), Container("300m"), Sidecar("20m")]).ShouldBe(470);

    [Fact]
    public void Compute_Overhead_ComesOnTop()
    {
        var spec = new V1PodSpec
        {
            Containers = [Container("100m", "64Mi")],
            Overhead = new Dictionary<string, ResourceQuantity> { ["cpu"] = new("10m"), ["memory"] = new("1Mi") },
        };
        var requests = PodRequests.Compute(spec);
        requests.CpuMilli.ShouldBe(110);
        requests.MemoryBytes.ShouldBe(65L << 20);
    }

    [Fact]
    public void Compute_MissingRequest_IsReadFromTheLimit()
    {
        var container = Container("100m");
        container.Resources.Limits = new Dictionary<string, ResourceQuantity> { ["cpu"] = new("2"), ["memory"] = new("1Gi") };
        var requests = PodRequests.Compute(new V1PodSpec { Containers = [container] });
        requests.CpuMilli.ShouldBe(100);
        requests.MemoryBytes.ShouldBe(1L << 30);
    }

    [Theory]
    [InlineData("1", 1000)]
    [InlineData("1.5", 1500)]
    [InlineData("100u", 1)]
    [InlineData("1n", 1)]
    [InlineData("0", 0)]
    [InlineData("1k", 1_000_000)]
    public void ToMilli_Quantity_RoundsUp(string quantity, long milli) => QuantityConversion.ToMilli(new ResourceQuantity(quantity)).ShouldBe(milli);

    [Theory]
    [InlineData("1Ki", 1024)]
    [InlineData("1.5Gi", 3L << 29)]
    [InlineData("100m", 1)]
    [InlineData("1e3", 1000)]
    public void ToUnits_Quantity_RoundsUp(string quantity, long units) => QuantityConversion.ToUnits(new ResourceQuantity(quantity)).ShouldBe(units);

    [Fact]
    public void ComputeForScoring_NoRequests_CountsADefault()
    {
        var requests = PodRequests.ComputeForScoring(new V1Pod { Spec = new V1PodSpec { Containers = [Container(), Container("200m")] } });
        requests.CpuMilli.ShouldBe(300);
        requests.MemoryBytes.ShouldBe(400L << 20);
    }

    private static long Cpu(V1Container[] containers, V1Container[] init) =>
        PodRequests.Compute(new V1PodSpec { Containers = containers, InitContainers = init }).CpuMilli;

    private static V1Container Sidecar(string cpu)
    {
        var container = Container(cpu);
        container.RestartPolicy = "Always";
        return container;
    }

    private static V1Container Container(string? cpu = null, string? memory = null)
    {
        var requests = new Dictionary<string, ResourceQuantity>();
        if (cpu is not null)
            requests["cpu"] = new ResourceQuantity(cpu);
        if (memory is not null)
            requests["memory"] = new ResourceQuantity(memory);
        return new V1Container { Name = "main", Image = "app", Resources = new V1ResourceRequirements { Requests = requests } };
    }
}
