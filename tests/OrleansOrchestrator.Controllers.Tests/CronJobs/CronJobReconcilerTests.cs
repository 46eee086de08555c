using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.CronJobs;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.CronJobs;

public sealed class CronJobReconcilerTests
{
    private static readonly ObjectKey Key = new(Samples.Namespace, "tick");
    private static readonly CronJobReconciler Reconciler = new();

    private readonly ClusterModel _cluster = new();

    private V1CronJob CronJob => _cluster.Find<V1CronJob>(Key)!;

    private IReadOnlyList<V1Job> Jobs => _cluster.All<V1Job>();

    [Fact]
    public void Schedule_TimeHasNotCome_WaitsForIt()
    {
        Create("*/5 * * * *");

        Step().RequeueAfter.ShouldBe(TimeSpan.FromSeconds(300.1));
        Jobs.ShouldBeEmpty();
    }

    [Fact]
    public void Schedule_TimeComes_MakesAJobNamedAfterIt()
    {
        Create("*/5 * * * *", spec => spec.JobTemplate.Metadata = new V1ObjectMeta { Labels = Samples.Labels("tick"), Annotations = new Dictionary<string, string> { ["a"] = "b" } });
        Wait(TimeSpan.FromMinutes(5.01));

        var job = Jobs.ShouldHaveSingleItem();
        var time = ClusterModel.Start.AddMinutes(5);
        job.Metadata.Name.ShouldBe($"tick-{time.ToUnixTimeSeconds() / 60}");
        job.Metadata.Labels["app"].ShouldBe("tick");
        job.Metadata.Annotations["a"].ShouldBe("b");
        job.Metadata.Annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"].ShouldBe("2026-03-01T12:05:00Z");
        job.Controller!.Uid.ShouldBe("uid-of-tick");
        job.Spec.Template.Spec.Containers.ShouldHaveSingleItem();
        CronJob.Status.LastScheduleTime.ShouldBe(time.UtcDateTime);
        var active = CronJob.Status.Active.ShouldHaveSingleItem();
        (active.ApiVersion, active.Kind, active.Name, active.Uid).ShouldBe(("batch/v1", "Job", job.Metadata.Name, job.Metadata.Uid));
        _cluster.Events.ShouldBe([new PlannedEvent("Normal", "SuccessfulCreate", $"Created job {job.Metadata.Name}")]);
    }

    [Theory]
    [InlineData("Europe/Paris", "2026-03-02T13:00:00+01:00")]
    [InlineData("America/New_York", "2026-03-01T13:00:00-05:00")]
    [InlineData(null, "2026-03-01T13:00:00Z")]
    public void Schedule_InATimeZone_GoesByItsClocks(string? zone, string first)
    {
        Create("0 13 * * *", spec => spec.TimeZone = zone);

        Wait(TimeSpan.FromHours(24.5));

        Jobs[0].Metadata.Annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"].ShouldBe(first);
    }

    [Fact]
    public void Job_Ends_IsNoLongerActive()
    {
        Create("*/5 * * * *");
        Wait(TimeSpan.FromMinutes(5.01));
        Finish(Jobs[0], "Complete");

        Settle();

        CronJob.Status.Active.ShouldBeNull();
        CronJob.Status.LastSuccessfulTime.ShouldBe(_cluster.Now.UtcDateTime);
        _cluster.Events.ShouldContain(new PlannedEvent("Normal", "SawCompletedJob", $"Saw completed job: {Jobs[0].Metadata.Name}, condition: Complete"));
    }

    [Fact]
    public void Job_GoesMissing_IsNoLongerActiveAndNotMadeAgain()
    {
        Create("*/5 * * * *");
        Wait(TimeSpan.FromMinutes(5.01));
        var name = Jobs[0].Metadata.Name;
        _cluster.Remove(Jobs[0]);

        Settle();

        (CronJob.Status.Active, Jobs.Count).ShouldBe((null, 0));
        _cluster.Events.ShouldContain(new PlannedEvent("Normal", "MissingJob", $"Active job went missing: {name}"));
    }

    [Fact]
    public void Job_GoneBeforeItIsSeen_IsNotMadeAgain()
    {
        Create("*/5 * * * *");
        _cluster.Now += TimeSpan.FromMinutes(5.01);
        Step();
        _cluster.Remove(Jobs.ShouldHaveSingleItem());

        Settle();

        Jobs.ShouldBeEmpty();
        CronJob.Status.LastScheduleTime.ShouldBe(ClusterModel.Start.AddMinutes(5).UtcDateTime);
        CronJob.Status.Active.ShouldBeNull();
    }

    [Fact]
    public void Job_MadeJustBeforeTheControllerDied_IsFoundAndItsTimeNoted()
    {
        Create("*/5 * * * *");
        _cluster.Now += TimeSpan.FromMinutes(5.01);
        _cluster.Apply(Reconciler.Reconcile(_cluster.Observe(Reconciler, Key)).Actions);

        Settle();

        Jobs.ShouldHaveSingleItem();
        CronJob.Status.LastScheduleTime.ShouldBe(ClusterModel.Start.AddMinutes(5).UtcDateTime);
    }

    [Fact]
    public void Job_IsRefused_IsMadeOnceItIsNot()
    {
        Create("*/5 * * * *");
        _cluster.Now += TimeSpan.FromMinutes(5.01);
        _cluster.Refuses = action => action is CreateObject ? ApiErrors.Forbidden(WellKnownResources.Jobs, null, "exceeded quota") : null;
        Step().Actions.ShouldHaveSingleItem();
        CronJob.Status?.LastScheduleTime.ShouldBeNull();

        _cluster.Refuses = _ => null;
        Settle();

        Jobs.ShouldHaveSingleItem();
    }

    [Fact]
    public void Schedule_OfAnInterval_CountsFromTheTimeBefore()
    {
        Create("@every 1h30m5s");

        Wait(TimeSpan.FromHours(2)).RequeueAfter.ShouldBe(TimeSpan.FromMinutes(60) + TimeSpan.FromSeconds(10.1));

        var time = ClusterModel.Start.AddMinutes(90).AddSeconds(5);
        var job = Jobs.ShouldHaveSingleItem();
        job.Metadata.Name.ShouldBe($"tick-{time.ToUnixTimeSeconds() / 60}");
        job.Metadata.Annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"].ShouldBe("2026-03-01T13:30:05Z");
        CronJob.Status.LastScheduleTime.ShouldBe(time.UtcDateTime);
        Wait(TimeSpan.FromHours(1.1));
        Jobs.Count.ShouldBe(2);
        CronJob.Status.LastScheduleTime.ShouldBe(time.AddMinutes(90).AddSeconds(5).UtcDateTime);
    }

    [Fact]
    public void Schedule_OfAnIntervalOfSeconds_MakesAJobAMinute()
    {
        Create("@every 20s");
        for (var i = 0; i < 18; i++)
            Wait(TimeSpan.FromSeconds(10)).RequeueAfter!.Value.ShouldBeGreaterThan(TimeSpan.Zero);

        Jobs.Count.ShouldBe(4);
        _cluster.Events.ShouldNotContain(told => told.Reason == "FailedCreate");
    }

    [Theory]
    [InlineData("Allow", 2)]
    [InlineData("Forbid", 1)]
    [InlineData("Replace", 1)]
    public void Concurrency_FormerJobStillRuns_DecidesByPolicy(string policy, int jobs)
    {
        Create("*/5 * * * *", spec => spec.ConcurrencyPolicy = policy);
        Wait(TimeSpan.FromMinutes(5.01));
        var former = Jobs[0].Metadata.Name;

        Wait(TimeSpan.FromMinutes(5));

        Jobs.Count.ShouldBe(jobs);
        CronJob.Status.Active.Count.ShouldBe(jobs);
        var replaced = new PlannedEvent("Normal", "SuccessfulDelete", $"Deleted job {former}");
        var forbidden = new PlannedEvent("Normal", "JobAlreadyActive", "Not starting job because prior execution is running and concurrency policy is Forbid");
        _cluster.Events.Contains(replaced).ShouldBe(policy == "Replace");
        _cluster.Events.Contains(forbidden).ShouldBe(policy == "Forbid");
        _cluster.Events.ShouldNotContain(told => told.Reason == "MissingJob");
        Jobs.Any(job => job.Metadata.Name == former).ShouldBe(policy != "Replace");
    }

    [Fact]
    public void Concurrency_ForbiddenJobEnds_TheMissedOneStartsLate()
    {
        Create("*/5 * * * *", spec => spec.ConcurrencyPolicy = "Forbid");
        Wait(TimeSpan.FromMinutes(5.01));
        Wait(TimeSpan.FromMinutes(6));
        Finish(Jobs[0], "Complete");

        Settle();

        Jobs.Count.ShouldBe(2);
    }

    [Fact]
    public void Deadline_OfAMissedTimeIsOver_StartsNothingAndTellsSo()
    {
        Create("0 13 * * *", spec => spec.StartingDeadlineSeconds = 60);

        Wait(TimeSpan.FromMinutes(62));

        Jobs.ShouldBeEmpty();
        _cluster.Events.ShouldContain(new PlannedEvent("Warning", "MissSchedule", "Missed scheduled time to start a job: Sun, 01 Mar 2026 13:00:00 +0000"));
    }

    [Theory]
    [InlineData(100, false)]
    [InlineData(101, true)]
    public void Schedule_ManyTimesWereMissed_StartsTheLastOneOnly(int minutes, bool isTold)
    {
        Create("* * * * *");

        Wait(TimeSpan.FromMinutes(minutes));

        Jobs.ShouldHaveSingleItem().Metadata.Name.ShouldBe($"tick-{ClusterModel.Start.AddMinutes(minutes).ToUnixTimeSeconds() / 60}");
        _cluster.Events.Any(told => told.Reason == "TooManyMissedTimes").ShouldBe(isTold);
    }

    [Fact]
    public void Suspended_MakesNothing_UntilItIsNot()
    {
        Create("*/5 * * * *", spec => spec.Suspend = true);
        Wait(TimeSpan.FromMinutes(6)).RequeueAfter.ShouldBeNull();
        Jobs.ShouldBeEmpty();

        Edit(cronJob => cronJob.Spec.Suspend = false);
        Settle();

        Jobs.ShouldHaveSingleItem();
    }

    [Fact]
    public void History_MoreThanItKeeps_RemovesTheOldest()
    {
        Create("*/5 * * * *", spec => (spec.SuccessfulJobsHistoryLimit, spec.FailedJobsHistoryLimit) = (1, 1));
        foreach (var outcome in new[] { "Complete", "Failed", "Complete", "Failed", "Complete" })
        {
            Wait(TimeSpan.FromMinutes(5.001));
            Finish(Jobs[^1], outcome);
            Settle();
        }

        Jobs.Select(job => job.Status.Conditions[0].Type).ShouldBe(["Failed", "Complete"]);
        _cluster.Events.Count(told => told.Reason == "SuccessfulDelete").ShouldBe(3);
    }

    [Fact]
    public void History_KeepsNone_RemovesAJobOnlyWhenItsTimeIsNoted()
    {
        Create("*/5 * * * *", spec => spec.SuccessfulJobsHistoryLimit = 0);
        _cluster.Now += TimeSpan.FromMinutes(5.01);
        Step();
        Finish(Jobs[0], "Complete");

        // The controller dies after each of its steps; the time still has one job only.
        Step().Actions.ShouldHaveSingleItem().ShouldBeOfType<UpdateStatus>();
        Step().Actions.ShouldHaveSingleItem().ShouldBeOfType<DeleteObject>();
        Step().Actions.ShouldBeEmpty();
        Jobs.ShouldBeEmpty();
    }

    [Fact]
    public void Job_MadeByHand_IsToldOfAndDoesNotCount()
    {
        Create("*/5 * * * *", spec => spec.ConcurrencyPolicy = "Forbid");
        var job = new V1Job
        {
            ApiVersion = "batch/v1",
            Kind = "Job",
            Metadata = new V1ObjectMeta { NamespaceProperty = Key.Namespace, Name = "tick-99999999", OwnerReferences = [OwnerReferences.ControlledBy(CronJob)] },
            Spec = CronJob.Spec.JobTemplate.Spec,
        };
        _cluster.Add(job);

        Wait(TimeSpan.FromMinutes(5.01));

        Jobs.Count.ShouldBe(2);
        _cluster.Events.ShouldContain(new PlannedEvent("Warning", "UnexpectedJob", "Saw a job that the controller did not create or forgot: tick-99999999"));
    }

    [Fact]
    public void CronJob_BeingDeleted_MakesNothing()
    {
        Create("*/5 * * * *");
        Edit(cronJob => (cronJob.Metadata.DeletionTimestamp, cronJob.Metadata.Finalizers) = (_cluster.Now.UtcDateTime, ["foregroundDeletion"]));

        Wait(TimeSpan.FromMinutes(6));

        Jobs.ShouldBeEmpty();
    }

    private void Create(string schedule, Action<V1CronJobSpec>? change = null)
    {
        var cronJob = new V1CronJob
        {
            ApiVersion = "batch/v1",
            Kind = "CronJob",
            Metadata = new V1ObjectMeta { NamespaceProperty = Key.Namespace, Name = Key.Name, Uid = "uid-of-tick" },
            Spec = new V1CronJobSpec
            {
                Schedule = schedule,
                JobTemplate = new V1JobTemplateSpec
                {
                    Spec = new V1JobSpec
                    {
                        Template = new V1PodTemplateSpec { Spec = new V1PodSpec { RestartPolicy = "Never", Containers = [new V1Container { Name = "main", Image = "tick" }] } },
                    },
                },
            },
        };
        change?.Invoke(cronJob.Spec);
        var definition = BuiltInKinds.Registry[WellKnownResources.CronJobs];
        definition.PrepareForCreate(cronJob);
        definition.ApplyDefaults(cronJob);
        _cluster.Add(cronJob);
    }

    private void Edit(Action<V1CronJob> change)
    {
        var edited = ObjectCodec.Clone(CronJob);
        change(edited);
        _cluster.Remove(edited);
        _cluster.Add(edited);
    }

    private void Finish(V1Job job, string condition)
    {
        var finished = ObjectCodec.Clone(job);
        finished.Status = new V1JobStatus
        {
            StartTime = _cluster.Now.UtcDateTime,
            CompletionTime = condition == "Complete" ? _cluster.Now.UtcDateTime : null,
            Conditions = [new V1JobCondition { Type = condition, Status = "True", LastTransitionTime = _cluster.Now.UtcDateTime }],
        };
        _cluster.Remove(job);
        _cluster.Add(finished);
    }

    private Plan Wait(TimeSpan time)
    {
        _cluster.Now += time;
        return Settle();
    }

    private Plan Settle()
    {
        _cluster.Settle(Reconciler, Key);
        return Step();
    }

    private Plan Step() => _cluster.Step(Reconciler, Key);
}
