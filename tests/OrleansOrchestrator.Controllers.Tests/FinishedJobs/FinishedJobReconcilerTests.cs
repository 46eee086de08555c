using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.FinishedJobs;
using OrleansOrchestrator.Controllers.Tests.Jobs;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.FinishedJobs;

public sealed class FinishedJobReconcilerTests
{
    private static readonly FinishedJobReconciler Reconciler = new();

    [Fact]
    public void Job_ThatWantsToStay_GoesInTheForegroundWhenItsTimeIsOver()
    {
        var model = Finished(100);

        model.Cluster.Step(Reconciler, JobModel.Key).RequeueAfter.ShouldBe(TimeSpan.FromSeconds(100));
        model.Cluster.Now += TimeSpan.FromSeconds(99);
        model.Cluster.Step(Reconciler, JobModel.Key).Actions.ShouldBeEmpty();
        model.Cluster.Now += TimeSpan.FromSeconds(1);

        var deletion = model.Cluster.Step(Reconciler, JobModel.Key).Actions.ShouldHaveSingleItem().ShouldBeOfType<DeleteObject>();
        (deletion.Propagation, deletion.ResourceVersion is null).ShouldBe((DeletionPropagation.Foreground, false));
        model.Cluster.Step(Reconciler, JobModel.Key).Actions.ShouldBeEmpty();
    }

    [Fact]
    public void Job_ThatHasNotEnded_Stays()
    {
        var model = new JobModel(spec => spec.TtlSecondsAfterFinished = 0).Settle();

        model.Cluster.Step(Reconciler, JobModel.Key).ShouldBeSameAs(Controllers.Reconciling.Plan.Nothing);
    }

    [Fact]
    public void Job_ThatSaysNothing_Stays()
    {
        var model = Finished(null);
        model.Cluster.Now += TimeSpan.FromDays(1000);

        model.Cluster.Step(Reconciler, JobModel.Key).Actions.ShouldBeEmpty();
    }

    private static JobModel Finished(int? seconds)
    {
        var model = new JobModel(spec => spec.TtlSecondsAfterFinished = seconds).Settle();
        model.Succeed(model.Active[0]);
        return model.Settle();
    }
}
