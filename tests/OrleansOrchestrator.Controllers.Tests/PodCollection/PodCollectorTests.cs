using OrleansOrchestrator.Controllers.PodCollection;
using OrleansOrchestrator.Controllers.Tests.Reconciling;

namespace OrleansOrchestrator.Controllers.Tests.PodCollection;

public sealed class PodCollectorTests
{
    [Fact]
    public void Decide_MoreEndedPodsThanAreKept_TakesEvictedOnesAndThenTheOldest()
    {
        V1Pod[] pods =
        [
            Pod("old", minutes: 1), Pod("older", minutes: 0), Pod("young", minutes: 9), Pod("evicted", minutes: 8, reason: "Evicted"),
            Pod("runs", phase: "Running"), Pod("leaves", isDeleting: true),
        ];

        PodCollector.Decide(pods, terminatedPodsMax: 1).Select(deletion => deletion.Key.Name).ShouldBe(["evicted", "older", "old"]);
        PodCollector.Decide(pods, terminatedPodsMax: 3).Select(deletion => deletion.Key.Name).ShouldBe(["evicted"]);
        PodCollector.Decide(pods, terminatedPodsMax: 4).ShouldBeEmpty();
    }

    [Fact]
    public void Decide_ManyMore_TakesAPartAtATime() =>
        PodCollector.Decide(Enumerable.Range(0, 1_000).Select(i => Pod($"pod-{i:D4}")), 10).Count.ShouldBe(PodCollector.DeletionsMax);

    private static V1Pod Pod(string name, int minutes = 0, string phase = "Succeeded", string? reason = null, bool isDeleting = false)
    {
        var pod = Samples.Pod(name, phase: phase);
        pod.Status.Reason = reason;
        pod.Metadata.CreationTimestamp = ClusterModel.Start.AddMinutes(minutes).UtcDateTime;
        pod.Metadata.DeletionTimestamp = isDeleting ? ClusterModel.Start.UtcDateTime : null;
        return pod;
    }
}
