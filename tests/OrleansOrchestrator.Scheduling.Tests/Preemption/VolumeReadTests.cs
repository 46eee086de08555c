using k8s.Models;
using OrleansOrchestrator.Scheduling.Tests.Building;
using static OrleansOrchestrator.Scheduling.Tests.Building.PodObjects;
using static OrleansOrchestrator.Scheduling.Tests.Building.VolumeObjects;

namespace OrleansOrchestrator.Scheduling.Tests.Preemption;

/// <summary>One pod with claims does not hold up the others: an attempt reads each volume once, however many nodes and victims it looks at.</summary>
public sealed class VolumeReadTests
{
    private const int NodeCount = 20;
    private const int PodsPerNode = 10;
    private const int VolumeCount = 100;

    [Theory]
    [InlineData("")]
    [InlineData("n7")]
    public void Preemption_PodWithADelayedClaim_ReadsEachVolumeOnce(string host)
    {
        var harness = new Harness([.. Enumerable.Range(0, NodeCount).Select(i => NodeOf($"n{i}"))]);
        for (var i = 0; i < NodeCount * PodsPerNode; i++)
            harness.Running(Create($"low{i}", "400m").On($"n{i % NodeCount}"));
        Set(harness, Manual());
        Set(harness, ClaimOf("data", "manual"));
        var reads = 0;
        for (var i = 0; i < VolumeCount; i++)
        {
            var volume = VolumeOn($"v{i}", host, "manual");
            volume.Spec.Capacity = new CountedAmounts(volume.Spec.Capacity, () => reads++);
            Set(harness, volume);
        }

        var pod = WithClaim("data").WithPriority(10);
        pod.Spec.Containers = [Container("3")];
        reads = 0;

        var (outcome, _) = harness.Preempt(pod);

        outcome.NodeName.ShouldNotBeNull();
        outcome.Victims.Count.ShouldBeGreaterThan(1);
        reads.ShouldBeInRange(1, VolumeCount);
    }

    /// <summary>Amounts that tell when they are read, as they are whenever a claim looks at a volume.</summary>
    private sealed class CountedAmounts(IDictionary<string, ResourceQuantity> amounts, Action note)
        : Dictionary<string, ResourceQuantity>(amounts), IDictionary<string, ResourceQuantity>
    {
        bool IDictionary<string, ResourceQuantity>.TryGetValue(string key, out ResourceQuantity value)
        {
            note();
            return TryGetValue(key, out value!);
        }
    }
}
