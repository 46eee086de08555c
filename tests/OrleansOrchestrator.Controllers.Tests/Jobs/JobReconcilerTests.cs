using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Jobs;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Kinds.Batch;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.Tests.Jobs;

/// <summary>A job's life: its pods, its conditions, its end.</summary>
public sealed class JobReconcilerTests
{
    [Fact]
    public void Job_NewOne_RunsItsPodAndTellsSo()
    {
        var model = new JobModel().Settle();

        var pod = model.Pods.ShouldHaveSingleItem();
        pod.Metadata.GenerateName.ShouldBe("pi-");
        pod.Metadata.Labels["batch.kubernetes.io/job-name"].ShouldBe("pi");
        pod.Metadata.Finalizers.ShouldBe([JobMetadataKeys.TrackingFinalizer]);
        var owner = pod.Metadata.OwnerReferences.ShouldHaveSingleItem();
        (owner.ApiVersion, owner.Kind, owner.Uid, owner.Controller).ShouldBe(("batch/v1", "Job", "uid-of-pi", true));
        (model.Status.Active, model.Status.Ready, model.Status.Terminating, model.Status.StartTime).ShouldBe((1, 0, 0, ClusterModel.Start.UtcDateTime));
        model.Cluster.Events.ShouldBe([new PlannedEvent("Normal", "SuccessfulCreate", $"Created pod: {pod.Metadata.Name}")]);
    }

    [Fact]
    public void Job_ItsPodSucceeds_IsComplete()
    {
        var model = new JobModel().Settle();
        model.Succeed(model.Active[0]);

        model.Pass(5);

        (model.Status.Succeeded, model.Status.Active, model.Status.CompletionTime).ShouldBe((1, null, ClusterModel.Start.AddSeconds(5).UtcDateTime));
        model.Status.Conditions.Select(condition => (condition.Type, condition.Status, condition.Reason, condition.Message)).ShouldBe(
        [
            ("SuccessCriteriaMet", "True", "CompletionsReached", "Reached expected number of succeeded pods"),
            ("Complete", "True", "CompletionsReached", "Reached expected number of succeeded pods"),
        ]);
        model.Pods.ShouldHaveSingleItem().Metadata.Finalizers.ShouldBeEmpty();
        model.Cluster.Events.ShouldContain(new PlannedEvent("Normal", "Completed", "Job completed"));
    }

    [Fact]
    public void Job_CountsAPod_OnlyAfterEachStepIsDurable()
    {
        var model = new JobModel(spec => spec.Completions = 2).Settle();
        var pod = model.Active[0];
        model.Succeed(pod);

        model.Step();
        (model.Status.UncountedTerminatedPods.Succeeded.Single(), model.Status.Succeeded).ShouldBe((pod.Metadata.Uid, null));
        model.Cluster.Find<V1Pod>(pod.Key)!.Metadata.Finalizers.ShouldNotBeEmpty();

        model.Step();
        model.Cluster.Find<V1Pod>(pod.Key)!.Metadata.Finalizers.ShouldBeEmpty();
        model.Status.Succeeded.ShouldBeNull();

        model.Step();
        (model.Status.UncountedTerminatedPods.Succeeded, model.Status.Succeeded).ShouldBe((null, 1));
    }

    [Fact]
    public void Job_PodGoneOnceItWasNamed_IsCountedAllTheSame()
    {
        var model = new JobModel(spec => spec.Completions = 2).Settle();
        model.Succeed(model.Active[0]);
        model.Step();
        model.Step();
        model.Cluster.Remove(model.Pods.Single(pod => pod.IsTerminal));

        model.Settle();

        model.Status.Succeeded.ShouldBe(1);
    }

    [Theory]
    [InlineData(5, 2, 2)]
    [InlineData(1, 3, 1)]
    [InlineData(null, 3, 3)]
    [InlineData(0, 3, 0)]
    public void Job_Parallelism_IsTheMostThatRun(int? completions, int parallelism, int pods) =>
        new JobModel(spec => (spec.Completions, spec.Parallelism) = (completions, parallelism)).Settle().Active.Count.ShouldBe(pods);

    [Fact]
    public void Job_NoCompletionsAsked_IsComplete() => new JobModel(spec => spec.Completions = 0).Settle().Has("Complete").ShouldBeTrue();

    [Fact]
    public void Job_WithoutCompletions_EndsWhenAllHaveEndedAfterTheFirstSuccess()
    {
        var model = new JobModel(spec => spec.Parallelism = 2).Settle();
        model.Succeed(model.Active[0]);

        model.Settle();
        (model.Active.Count, model.Has("Complete")).ShouldBe((1, false));

        model.Fail(model.Active[0]);
        model.Settle();
        (model.Has("Complete"), model.Status.Succeeded, model.Status.Failed).ShouldBe((true, 1, 1));
    }

    [Fact]
    public void Job_PodsFail_WaitsLongerEachTime()
    {
        var model = new JobModel(spec => spec.BackoffLimit = 100).Settle();
        foreach (var wait in new[] { 10, 20, 40, 80, 160, 320, 600, 600 })
        {
            model.Fail(model.Active[0]);
            model.Settle();
            model.Step().RequeueAfter.ShouldBe(TimeSpan.FromSeconds(wait));
            model.Pass(wait - 0.5).Active.ShouldBeEmpty();
            model.Pass(0.5).Active.ShouldHaveSingleItem();
        }
    }

    [Fact]
    public void Job_AfterASuccess_WaitsNoMore()
    {
        var model = new JobModel(spec => spec.Completions = 3).Settle();
        model.Fail(model.Active[0]);
        model.Settle().Pass(10);
        model.Cluster.Now += TimeSpan.FromSeconds(1);
        model.Succeed(model.Active[0]);

        model.Settle();

        model.Active.ShouldHaveSingleItem();
    }

    [Fact]
    public void Job_MoreFailuresThanItsLimit_FailsAndEndsTheOthers()
    {
        var model = new JobModel(spec => (spec.Completions, spec.Parallelism, spec.BackoffLimit) = (3, 3, 0), keepsDeletedPods: true).Settle();
        model.Fail(model.Active[0]);

        model.Settle();
        (model.Has("FailureTarget"), model.Has("Failed"), model.Status.Terminating, model.Status.Active).ShouldBe((true, false, 2, null));
        foreach (var pod in model.Pods.Where(pod => pod.IsDeleting))
            model.Stop(pod);
        model.Settle();

        (model.Has("Failed"), model.Status.Failed, model.Status.Terminating).ShouldBe((true, 3, 0));
        model.Cluster.Events.ShouldContain(new PlannedEvent("Warning", "BackoffLimitExceeded", "Job has reached the specified backoff limit"));
        model.Pods.All(pod => pod.IsTerminal && pod.Metadata.Finalizers.Count == 0).ShouldBeTrue();
    }

    [Theory]
    [InlineData(2, 1, false)]
    [InlineData(2, 2, true)]
    [InlineData(0, 1, true)]
    public void Job_ContainersRestart_CountsThemAgainstTheLimit(int limit, int restarts, bool fails)
    {
        var model = new JobModel(spec => (spec.BackoffLimit, spec.Template.Spec.RestartPolicy) = (limit, "OnFailure")).Settle();
        model.Change(model.Active[0], pod => pod.Status = new V1PodStatus
        {
            Phase = "Running",
            ContainerStatuses = [new V1ContainerStatus { Name = "main", Image = "pi", RestartCount = restarts }],
        });

        model.Settle().Has("FailureTarget").ShouldBe(fails);
    }

    [Fact]
    public void Job_DeadlinePasses_Fails()
    {
        var model = new JobModel(spec => spec.ActiveDeadlineSeconds = 30).Settle();
        model.Step().RequeueAfter.ShouldBe(TimeSpan.FromSeconds(30));
        model.Pass(29).Active.ShouldHaveSingleItem();

        model.Pass(1);

        model.Active.ShouldBeEmpty();
        var failed = JobConditions.Find(model.Status, "Failed").ShouldNotBeNull();
        (failed.Reason, failed.Message).ShouldBe(("DeadlineExceeded", "Job was active longer than specified deadline"));
    }

    [Fact]
    public void Job_Suspended_EndsItsPodsWithoutCountingThem()
    {
        var model = new JobModel(spec => (spec.Completions, spec.Parallelism, spec.BackoffLimit) = (2, 2, 0)).Settle();

        model.Edit(job => job.Spec.Suspend = true).Settle();

        model.Pods.ShouldBeEmpty();
        (model.Status.Failed, model.Has("Suspended")).ShouldBe((null, true));
        model.Cluster.Events.ShouldContain(new PlannedEvent("Normal", "Suspended", "Job suspended"));
    }

    [Fact]
    public void Job_Resumed_StartsAnew()
    {
        var model = new JobModel(spec => spec.ActiveDeadlineSeconds = 30).Settle();
        model.Edit(job => job.Spec.Suspend = true).Pass(100).Has("Failed").ShouldBeFalse();

        model.Edit(job => job.Spec.Suspend = false).Settle();

        model.Active.ShouldHaveSingleItem();
        model.Status.StartTime.ShouldBe(ClusterModel.Start.AddSeconds(100).UtcDateTime);
        JobConditions.Find(model.Status, "Suspended")!.Reason.ShouldBe("JobResumed");
        model.Cluster.Events.ShouldContain(new PlannedEvent("Normal", "Resumed", "Job resumed"));
    }

    [Fact]
    public void Job_CreatedSuspended_HasNotStarted()
    {
        var model = new JobModel(spec => spec.Suspend = true).Settle();

        (model.Pods.Count, model.Status.StartTime, model.Has("Suspended")).ShouldBe((0, null, true));
    }

    [Fact]
    public void Job_ParallelismLowered_EndsSurplusWithoutCountingIt()
    {
        var model = new JobModel(spec => (spec.Completions, spec.Parallelism) = (5, 4)).Settle();

        model.Edit(job => job.Spec.Parallelism = 1).Settle();

        (model.Active.Count, model.Status.Failed).ShouldBe((1, null));
        model.Edit(job => job.Spec.Parallelism = 2).Settle().Active.Count.ShouldBe(2);
    }

    [Fact]
    public void Job_PodEndsJustBeforeItIsTakenAway_Counts()
    {
        var model = new JobModel().Settle();
        model.Edit(job => job.Spec.Suspend = true);
        var plan = JobModel.Reconciler.Reconcile(model.Cluster.Observe(JobModel.Reconciler, JobModel.Key));
        model.Succeed(model.Active[0]);

        // The pod is taken away at the version that was seen to run, which it no longer has.
        var untracking = plan.Actions.OfType<UpdateObject>().ShouldHaveSingleItem();
        untracking.Object.Metadata.ResourceVersion.ShouldNotBe(model.Pods[0].Metadata.ResourceVersion);
        model.Settle();

        (model.Status.Succeeded, model.Has("Complete")).ShouldBe((1, true));
    }

    [Theory]
    [InlineData("TerminatingOrFailed", 30, 1)]
    [InlineData("TerminatingOrFailed", 0, 1)]
    [InlineData("Failed", 30, 0)]
    [InlineData("Failed", 0, 0)]
    public void Job_PodIsBeingDeleted_IsReplacedByPolicyWhateverItsGracePeriod(string policy, int graceSeconds, int replacements)
    {
        var model = new JobModel(spec => spec.PodReplacementPolicy = policy, keepsDeletedPods: true).Settle();
        model.Delete(model.Active[0], graceSeconds);

        model.Settle().Pass(10);

        model.Active.Count.ShouldBe(replacements);
        // With no grace period, only the Job's finalizer holds it.
        model.Status.Terminating.ShouldBe(replacements > 0 && graceSeconds == 0 ? 0 : 1);
        foreach (var pod in model.Pods.Where(pod => pod.IsDeleting))
            model.Stop(pod);
        model.Pass(60);
        (model.Active.Count, model.Status.Failed).ShouldBe((1, 1));
    }

    [Fact]
    public void Job_Finished_NeverRunsAgain()
    {
        var model = new JobModel().Settle();
        model.Succeed(model.Active[0]);
        model.Settle();
        model.Cluster.Remove(model.Pods[0]);

        model.Edit(job => job.Spec.Parallelism = 3).Pass(1000);

        (model.Pods.Count, model.Status.Succeeded).ShouldBe((0, 1));
    }

    [Fact]
    public void Job_FinishedWithAPodThatRuns_EndsIt()
    {
        var model = new JobModel(spec => spec.Parallelism = 2).Settle();
        var stray = model.Active[1];
        model.Change(stray, pod => pod.Status = new V1PodStatus { Phase = "Running" });
        model.Edit(job => job.Status.Conditions = [new V1JobCondition { Type = "Complete", Status = "True" }]);

        model.Settle();

        model.Pods.ShouldBeEmpty();
    }

    [Fact]
    public void Job_MoreEndedPodsThanAStatusHolds_CountsThemAll()
    {
        var model = new JobModel(spec => (spec.Completions, spec.Parallelism) = (1200, 1200)).Settle();
        foreach (var pod in model.Active)
            model.Succeed(pod);

        model.Step();
        model.Status.UncountedTerminatedPods.Succeeded.Count.ShouldBe(JobTally.UncountedMax);

        model.Settle();
        (model.Status.Succeeded, model.Has("Complete")).ShouldBe((1200, true));
    }

    [Fact]
    public void Job_CreationFails_TellsWhy()
    {
        var creation = new JobModel().Step(0).Actions.OfType<CreateObject>().ShouldHaveSingleItem();

        creation.EventOnFailure!("no quota").ShouldBe(new PlannedEvent("Warning", "FailedCreate", "Error creating: no quota"));
    }
}
