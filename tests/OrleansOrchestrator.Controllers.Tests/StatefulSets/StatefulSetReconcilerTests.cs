using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.StatefulSets;
using OrleansOrchestrator.Controllers.Tests.Reconciling;

namespace OrleansOrchestrator.Controllers.Tests.StatefulSets;

public sealed class StatefulSetReconcilerTests
{
    [Fact]
    public void Pod_HasTheIdentityOfItsOrdinal()
    {
        var model = new StatefulModel(2);

        model.Run();

        model.Names.ShouldBe(["db-0", "db-1"]);
        var pod = model.Pods[1];
        (pod.Spec.Hostname, pod.Spec.Subdomain).ShouldBe(("db-1", "dbs"));
        pod.Metadata.Labels["statefulset.kubernetes.io/pod-name"].ShouldBe("db-1");
        pod.Metadata.Labels["apps.kubernetes.io/pod-index"].ShouldBe("1");
        var revision = model.Cluster.All<V1ControllerRevision>().ShouldHaveSingleItem();
        pod.Metadata.Labels["controller-revision-hash"].ShouldBe(revision.Metadata.Name);
        revision.Metadata.Name.ShouldBe("db-" + revision.Metadata.Labels["controller.kubernetes.io/hash"]);
        pod.Controller!.Uid.ShouldBe("uid-of-db");
        pod.Metadata.GenerateName.ShouldBe("db-");
        model.Cluster.Events.ShouldContain(new PlannedEvent("Normal", "SuccessfulCreate", "create Pod db-1 in StatefulSet db successful"));
    }

    [Fact]
    public void Creation_Refused_IsTold()
    {
        var model = new StatefulModel(1);
        model.Step();

        model.Plan().Actions.OfType<CreateObject>().ShouldHaveSingleItem().EventOnFailure!("no quota")
            .ShouldBe(new PlannedEvent("Warning", "FailedCreate", "create Pod db-0 in StatefulSet db failed error: no quota"));
    }

    [Fact]
    public void Ordered_NextPod_IsMadeOnceTheOneBeforeIsReady()
    {
        var model = new StatefulModel(2);
        model.Settle();
        model.Names.ShouldBe(["db-0"]);
        model.SetPhase(model.Pods[0], "Running");
        model.Settle();
        model.Names.ShouldBe(["db-0"]);

        model.SetReady(model.Pods[0], true);
        model.Settle();

        model.Names.ShouldBe(["db-0", "db-1"]);
    }

    [Fact]
    public void Ordered_NextPod_WaitsForMinReadySeconds()
    {
        var model = new StatefulModel(2, set => set.Spec.MinReadySeconds = 10);
        model.Settle();
        model.SetReady(model.Pods[0], true);
        model.Settle();
        model.Names.ShouldBe(["db-0"]);
        (model.Set.Status.ReadyReplicas, model.Set.Status.AvailableReplicas).ShouldBe((1, 0));
        model.Plan().RequeueAfter.ShouldBe(TimeSpan.FromSeconds(10));

        model.Cluster.Now += TimeSpan.FromSeconds(10);
        model.Settle();

        model.Names.ShouldBe(["db-0", "db-1"]);
        model.Set.Status.AvailableReplicas.ShouldBe(1);
    }

    [Fact]
    public void Parallel_AllPods_AreMadeAtOnce()
    {
        var model = new StatefulModel(3, set => set.Spec.PodManagementPolicy = "Parallel");
        model.Step();

        model.Step();

        model.Names.ShouldBe(["db-0", "db-1", "db-2"]);
    }

    [Fact]
    public void Parallel_MoreThanOnePlanHolds_AreMadeInSeveral()
    {
        var model = new StatefulModel(StatefulNames.BurstMax + 3, set => set.Spec.PodManagementPolicy = "Parallel");
        model.Step();

        var plan = model.Step();

        plan.Actions.OfType<CreateObject>().Count().ShouldBe(StatefulNames.BurstMax);
        plan.RequeueAfter.ShouldBe(TimeSpan.Zero);
        model.Settle();
        model.Pods.Count.ShouldBe(StatefulNames.BurstMax + 3);
    }

    [Fact]
    public void Replicas_AsManyAsANumberHolds_AreBegunWith()
    {
        var model = new StatefulModel(int.MaxValue, set => set.Spec.VolumeClaimTemplates = [StatefulModel.ClaimTemplate("data")]);
        model.Settle();

        model.Names.ShouldBe(["db-0"]);
    }

    [Fact]
    public void StartOrdinal_NamesBeginThere()
    {
        var model = new StatefulModel(2, set => set.Spec.Ordinals = new V1StatefulSetOrdinals { Start = 5 });

        model.Run();
        model.Names.ShouldBe(["db-5", "db-6"]);

        model.ChangeSet(set => set.Spec.Ordinals.Start = 6);
        model.Run();
        model.Names.ShouldBe(["db-6", "db-7"]);
    }

    [Fact]
    public void ScaleDown_HighestPodsGo_OneAfterTheOther()
    {
        var model = new StatefulModel(4);
        model.Run();
        model.Scale(1);

        model.Settle();
        model.Pods.Where(pod => pod.IsDeleting).Select(pod => pod.Metadata.Name).ShouldBe(["db-3"]);

        model.Run(afterStep: () => model.Pods.Count(pod => pod.IsDeleting).ShouldBeLessThanOrEqualTo(1));
        model.Names.ShouldBe(["db-0"]);
        model.Cluster.Events.ShouldContain(new PlannedEvent("Normal", "SuccessfulDelete", "delete Pod db-3 in StatefulSet db successful"));
    }

    [Fact]
    public void ScaleDown_WaitsUntilThoseThatStayAreReady()
    {
        var model = new StatefulModel(3);
        model.Run();
        model.SetReady(model.Pods[0], false);
        model.Scale(1);

        model.Settle();

        model.Pods.Where(pod => pod.IsDeleting).ShouldBeEmpty();
    }

    [Fact]
    public void ScaleDown_InParallel_TakesAllAtOnce()
    {
        var model = new StatefulModel(4, set => set.Spec.PodManagementPolicy = "Parallel");
        model.Run();
        model.Scale(1);

        model.Settle();

        model.Pods.Count(pod => pod.IsDeleting).ShouldBe(3);
    }

    [Theory]
    [InlineData("Failed")]
    [InlineData("Succeeded")]
    public void EndedPod_IsMadeAnew(string phase)
    {
        var model = new StatefulModel(2);
        model.Run();
        var ended = model.Pods[0];
        model.SetPhase(ended, phase);

        model.Run();

        model.Names.ShouldBe(["db-0", "db-1"]);
        model.Pods[0].Metadata.Uid.ShouldNotBe(ended.Metadata.Uid);
    }

    [Fact]
    public void Orphans_OfItsNames_AreAdopted_AndOthersAreNot()
    {
        var model = new StatefulModel(1);
        model.Cluster.Add(Samples.Pod("db-0", "db", ready: true));
        model.Cluster.Add(Samples.Pod("db-01", "db", ready: true));
        model.Cluster.Add(Samples.Pod("other-0", "db", ready: true));

        model.Run();

        model.Find(0)!.Controller!.Uid.ShouldBe("uid-of-db");
        model.Cluster.All<V1Pod>().Count(pod => pod.Controller is null).ShouldBe(2);
    }

    [Fact]
    public void Pod_WithoutTheLabelsOfItsIdentity_GetsThem()
    {
        var model = new StatefulModel(1);
        model.Run();
        model.Change(model.Pods[0], pod => pod.Metadata.Labels.Remove("statefulset.kubernetes.io/pod-name"));

        model.Settle();

        model.Pods[0].Metadata.Labels["statefulset.kubernetes.io/pod-name"].ShouldBe("db-0");
    }

    [Fact]
    public void Set_ThatIsBeingDeleted_OnlyTellsItsStatus()
    {
        var model = new StatefulModel(2);
        model.Run();
        model.ChangeSet(set => (set.Metadata.DeletionTimestamp, set.Metadata.Finalizers, set.Spec.Replicas) = (ClusterModel.Start.UtcDateTime, ["foregroundDeletion"], 5));

        model.Plan().Actions.ShouldHaveSingleItem().Subresource.ShouldBe("status");
    }
}
