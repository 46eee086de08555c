using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Kinds.Batch;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Controllers.Tests.Jobs;

/// <summary>Which pods are a Job's, and what becomes of them when it goes.</summary>
public sealed class JobOwnershipTests
{
    [Fact]
    public void Job_ManagedByAnother_IsLeftAlone() =>
        new JobModel(spec => spec.ManagedBy = "example.com/queue").Step().Actions.ShouldBeEmpty();

    [Fact]
    public void Job_OrphanIsAdopted_WithTheFinalizer()
    {
        var model = new JobModel();
        var orphan = Samples.Pod("orphan");
        orphan.Metadata.Labels = new Dictionary<string, string>(model.Job.Spec.Template.Metadata.Labels);
        model.Cluster.Add(orphan);

        model.Settle();

        var pod = model.Pods.ShouldHaveSingleItem();
        (pod.Controller?.Uid, pod.HasFinalizer(JobMetadataKeys.TrackingFinalizer)).ShouldBe(("uid-of-pi", true));
    }

    [Fact]
    public void Job_PodNoLongerMatches_IsReleasedWithoutTheFinalizer()
    {
        var model = new JobModel().Settle();
        var released = model.Active[0];
        model.Change(released, pod => pod.Metadata.Labels.Clear());

        model.Settle();

        var pod = model.Cluster.Find<V1Pod>(released.Key)!;
        (pod.Controller, pod.HasFinalizer(JobMetadataKeys.TrackingFinalizer)).ShouldBe((null, false));
        model.Active.Count(other => other.Controller is not null).ShouldBe(1);
    }

    [Fact]
    public void Job_FinalizerOfARunningPodIsTakenAway_GetsItBack()
    {
        var model = new JobModel().Settle();
        model.Change(model.Active[0], pod => pod.Metadata.Finalizers = null);

        model.Settle().Active.ShouldHaveSingleItem().HasFinalizer(JobMetadataKeys.TrackingFinalizer).ShouldBeTrue();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Job_Gone_LetsItsPodsGo(bool isOrphaning)
    {
        var model = new JobModel(spec => spec.Parallelism = 3).Settle();
        model.Cluster.Remove(model.Job);
        foreach (var pod in model.Pods)
            model.Change(pod, one => one.Metadata.OwnerReferences = isOrphaning ? null : one.Metadata.OwnerReferences);

        model.Settle();

        model.Pods.Count.ShouldBe(3);
        model.Pods.ShouldAllBe(pod => !pod.HasFinalizer(JobMetadataKeys.TrackingFinalizer));
    }

    [Theory]
    [InlineData("of another job", false)]
    [InlineData("being deleted", false)]
    [InlineData("ended job", false)]
    [InlineData("its own again", true)]
    public void Job_PodIsTakenFromIt_LetsItGoUnlessItAdoptsIt(string what, bool isAdopted)
    {
        var model = new JobModel(keepsDeletedPods: true).Settle();
        var taken = model.Active[0];
        if (what == "being deleted")
            model.Delete(taken);
        if (what == "ended job")
            model.Edit(job => job.Status.Conditions = [new V1JobCondition { Type = "Failed", Status = "True" }]);
        model.Change(taken, pod =>
        {
            pod.Metadata.OwnerReferences = null;
            if (what == "of another job")
                pod.Metadata.Labels.Remove(JobMetadataKeys.ControllerUid);
        });

        model.Settle();

        model.Cluster.Find<V1Pod>(taken.Key)!.HasFinalizer(JobMetadataKeys.TrackingFinalizer).ShouldBe(isAdopted);
    }

    [Fact]
    public void Job_Gone_SearchesTheNamespaceForNoPods()
    {
        var model = new JobModel(spec => spec.Parallelism = 3).Settle();
        var others = new JobModel(spec => spec.Parallelism = 3).Settle().Pods.Select(ObjectCodec.Clone).ToList();
        for (var i = 0; i < others.Count; i++)
        {
            (others[i].Metadata.Name, others[i].Metadata.ResourceVersion) = ($"other-{i}", null);
            foreach (var label in (string[])[JobMetadataKeys.ControllerUid, JobMetadataKeys.JobName])
                others[i].Metadata.Labels[label] = label == JobMetadataKeys.JobName ? "other" : "uid-of-other";
            (others[i].Metadata.OwnerReferences[0].Name, others[i].Metadata.OwnerReferences[0].Uid) = ("other", "uid-of-other");
            model.Cluster.Add(others[i]);
        }

        model.Cluster.Add(Samples.Pod("web"));
        model.Cluster.Remove(model.Job);
        model.Cluster.Selected.Clear();

        model.Cluster.Step(JobModel.Reconciler, JobModel.Key);

        model.Cluster.Selected.ShouldBeEmpty("an index finds them");
    }

    [Fact]
    public void Job_AnotherOfItsName_LetsThePodsOfTheFormerGo()
    {
        var model = new JobModel().Settle();
        var former = model.Active[0];
        model.Cluster.Remove(model.Job);
        var next = JobModel.New();
        next.Metadata.Uid = "uid-of-the-next";
        model.Cluster.Add(next);

        model.Settle();

        model.Cluster.Find<V1Pod>(former.Key)!.HasFinalizer(JobMetadataKeys.TrackingFinalizer).ShouldBeFalse();
        model.Pods.Count.ShouldBe(2);
    }

    [Fact]
    public void Job_BeingDeleted_CreatesNothingAndHoldsNoPod()
    {
        var model = new JobModel(spec => spec.Parallelism = 2).Settle();
        model.Edit(job => (job.Metadata.DeletionTimestamp, job.Metadata.Finalizers) = (model.Cluster.Now.UtcDateTime, ["foregroundDeletion"]));
        model.Succeed(model.Active[0]);

        model.Settle();

        model.Pods.Count.ShouldBe(2);
        model.Pods.ShouldAllBe(pod => !pod.HasFinalizer(JobMetadataKeys.TrackingFinalizer));
        model.Status.Succeeded.ShouldBe(1);
    }
}
