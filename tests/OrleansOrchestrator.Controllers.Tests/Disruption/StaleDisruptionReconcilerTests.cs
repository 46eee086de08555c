using OrleansOrchestrator.Controllers.Disruption;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Disruption;

public sealed class StaleDisruptionReconcilerTests
{
    private static readonly ObjectKey Key = new(Samples.Namespace, "web");
    private static readonly StaleDisruptionReconciler Reconciler = new();

    [Fact]
    public void Reconcile_PodThatWasNotDeleted_IsNotAnnouncedAnyMore()
    {
        var cluster = new ClusterModel();
        cluster.Add(Announced(PodDisruption.PreemptionByScheduler));

        cluster.Step(Reconciler, Key).RequeueAfter.ShouldBe(TimeSpan.FromMinutes(2));
        cluster.Find<V1Pod>(Key)!.HasCondition(PodConditionTypes.DisruptionTarget).ShouldBeTrue();
        cluster.Now += TimeSpan.FromMinutes(2);
        cluster.Settle(Reconciler, Key);

        var condition = cluster.Find<V1Pod>(Key)!.Condition(PodConditionTypes.DisruptionTarget)!;
        (condition.Status, condition.Reason).ShouldBe(("False", PodDisruption.PreemptionByScheduler));
    }

    [Theory]
    [InlineData(PodDisruption.TerminationByKubelet, "Running", false)]
    [InlineData(PodDisruption.PreemptionByScheduler, "Failed", false)]
    [InlineData(PodDisruption.PreemptionByScheduler, "Running", true)]
    public void Reconcile_PodThatGoesOrWillGo_StaysAnnounced(string reason, string phase, bool isDeleting)
    {
        var cluster = new ClusterModel { Now = ClusterModel.Start + TimeSpan.FromHours(1) };
        var pod = Announced(reason);
        pod.Status.Phase = phase;
        pod.Metadata.DeletionTimestamp = isDeleting ? ClusterModel.Start.UtcDateTime : null;
        cluster.Add(pod);

        Reconciler.IsWorthALook(ClusterModel.StoredOf(pod)).ShouldBeFalse();
        cluster.Settle(Reconciler, Key).ShouldBe(0);
    }

    private static V1Pod Announced(string reason)
    {
        var pod = Samples.Pod("web", ready: true);
        pod.Status.Conditions.Add(new PodDisruption(reason, "why").Since(ClusterModel.Start.UtcDateTime));
        return pod;
    }
}
