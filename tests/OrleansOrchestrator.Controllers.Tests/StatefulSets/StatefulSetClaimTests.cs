using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.StatefulSets;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Controllers.Tests.StatefulSets;

/// <summary>The claims of a StatefulSet: when they are made, waited for and deleted.</summary>
public sealed class StatefulSetClaimTests
{
    [Fact]
    public void Claims_AreMadeForEachPod_AndKeptWhenItGoes()
    {
        var model = new StatefulModel(2, set =>
        {
            set.Spec.VolumeClaimTemplates = [StatefulModel.ClaimTemplate("data"), StatefulModel.ClaimTemplate("log")];
            set.Spec.Template.Spec.Volumes = [new V1Volume { Name = "data", EmptyDir = new() }, new V1Volume { Name = "tmp", EmptyDir = new() }];
        });
        model.Run();

        model.Claims.Select(claim => claim.Metadata.Name).ShouldBe(["data-db-0", "data-db-1", "log-db-0", "log-db-1"]);
        var claim = model.Claims[0];
        claim.Metadata.Labels.ShouldBe(new Dictionary<string, string> { ["tier"] = "data", ["app"] = "db" }, ignoreOrder: true);
        claim.Metadata.OwnerReferences.ShouldBeNull();
        claim.Spec.AccessModes.ShouldBe(["ReadWriteOnce"]);
        model.Pods[1].Spec.Volumes.Select(volume => (volume.Name, volume.PersistentVolumeClaim?.ClaimName))
            .ShouldBe([("data", "data-db-1"), ("log", "log-db-1"), ("tmp", null)]);
        model.Cluster.Events.ShouldContain(new PlannedEvent("Normal", "SuccessfulCreate", "create Claim data-db-0 Pod db-0 in StatefulSet db success"));

        model.Scale(0);
        model.Run();
        model.Claims.Count.ShouldBe(4);
    }

    [Fact]
    public void Claims_OfAllPods_AreOneBatch_AndThePodsTheNext()
    {
        var model = new StatefulModel(3, set => (set.Spec.PodManagementPolicy, set.Spec.VolumeClaimTemplates) = ("Parallel", [StatefulModel.ClaimTemplate("data"), StatefulModel.ClaimTemplate("log")]));
        model.Step();
        // One that is there needs nothing but its pod, which does not come between the others' claims.
        foreach (var name in (string[])["data-db-1", "log-db-1"])
        {
            var claim = StatefulModel.ClaimTemplate(name);
            claim.Metadata.NamespaceProperty = Samples.Namespace;
            model.Cluster.Add(claim);
        }

        model.Step().Actions.OfType<CreateObject>().Select(creation => creation.Key.Name)
            .ShouldBe(["data-db-0", "log-db-0", "data-db-2", "log-db-2", "db-1"]);
        model.Step().Actions.OfType<CreateObject>().Select(creation => creation.Key.Name).ShouldBe(["db-0", "db-2"]);
    }

    [Theory]
    [InlineData("OrderedReady")]
    [InlineData("Parallel")]
    public void Claim_Refused_ItsPodIsNotMade(string policy)
    {
        var model = new StatefulModel(2, set => (set.Spec.PodManagementPolicy, set.Spec.VolumeClaimTemplates) = (policy, [StatefulModel.ClaimTemplate("data"), StatefulModel.ClaimTemplate("log")]));
        model.Cluster.Refuses = action => action is CreateObject { Key.Name: "log-db-0" } ? ApiErrors.BadRequest("no quota") : null;
        for (var look = 0; look < 5; look++)
            model.Step();

        model.Names.ShouldBe(policy == "Parallel" ? ["db-1"] : []);
        model.Cluster.Events.ShouldContain(new PlannedEvent("Warning", "FailedCreate", "create Claim log-db-0 for Pod db-0 in StatefulSet db failed error: no quota"));

        model.Cluster.Refuses = _ => null;
        model.Run();
        model.Names.ShouldBe(["db-0", "db-1"]);
    }

    [Fact]
    public void Claims_OfMorePodsThanOnePlanHolds_AreMadeInSeveral()
    {
        var model = new StatefulModel(StatefulNames.BurstMax, set => (set.Spec.PodManagementPolicy, set.Spec.VolumeClaimTemplates) = ("Parallel", [StatefulModel.ClaimTemplate("data"), StatefulModel.ClaimTemplate("log")]));
        model.Step();

        var plan = model.Step();

        plan.Actions.OfType<CreateObject>().Count().ShouldBe(StatefulNames.BurstMax);
        plan.RequeueAfter.ShouldBe(TimeSpan.Zero);
        model.Settle();
        (model.Pods.Count, model.Claims.Count).ShouldBe((StatefulNames.BurstMax, 2 * StatefulNames.BurstMax));
    }

    [Theory]
    [InlineData("OrderedReady")]
    [InlineData("Parallel")]
    public void Claim_ThatIsBeingDeleted_HoldsUpItsPod_AsIsToldOnce(string policy)
    {
        var model = new StatefulModel(3, set => (set.Spec.PodManagementPolicy, set.Spec.VolumeClaimTemplates) = (policy, [StatefulModel.ClaimTemplate("data"), StatefulModel.ClaimTemplate("log")]));
        model.Run();
        BeginDeletion(model, "data-db-2");
        model.Cluster.Remove(model.Find(2)!);

        model.Settle();

        model.Names.ShouldBe(["db-0", "db-1"]);
        model.Cluster.Events.Where(told => told.Type == "Warning")
            .ShouldBe([new PlannedEvent("Warning", "FailedCreate", "create Pod db-2 in StatefulSet db failed error: pvc data-db-2 is being deleted")]);
        model.Plan().Events.ShouldBeEmpty();

        BeginDeletion(model, "log-db-2");
        model.Scale(4);
        model.Settle();
        model.Cluster.Events.ShouldContain(new PlannedEvent(
            "Warning", "FailedCreate", "create Pod db-2 in StatefulSet db failed error: [pvc data-db-2 is being deleted, pvc log-db-2 is being deleted]"));

        foreach (var claim in model.Claims.Where(claim => claim.IsDeleting).ToList())
            model.Cluster.Remove(claim);
        model.Run();
        model.Names.ShouldBe(["db-0", "db-1", "db-2", "db-3"]);
    }

    [Fact]
    public void Claims_ThatHoldUpAllPodsOfAPlan_AreWaitedForAtRest()
    {
        var model = new StatefulModel(2 * StatefulNames.BurstMax, set => (set.Spec.PodManagementPolicy, set.Spec.VolumeClaimTemplates) = ("Parallel", [StatefulModel.ClaimTemplate("data")]));
        for (var ordinal = 0; ordinal < StatefulNames.BurstMax; ordinal++)
        {
            var claim = StatefulModel.ClaimTemplate($"data-db-{ordinal}");
            claim.Metadata.NamespaceProperty = Samples.Namespace;
            model.Cluster.Add(claim);
            BeginDeletion(model, claim.Metadata.Name);
        }

        model.Settle();

        model.Plan().RequeueAfter.ShouldBeNull();
    }

    [Fact]
    public void Claim_ThatIsThereAlready_IsTakenAsItIs()
    {
        var model = new StatefulModel(1, set => set.Spec.VolumeClaimTemplates = [StatefulModel.ClaimTemplate("data")]);
        var own = StatefulModel.ClaimTemplate("data-db-0");
        (own.Metadata.NamespaceProperty, own.Metadata.Labels) = (Samples.Namespace, null);
        model.Cluster.Add(own);

        model.Run();

        model.Claims.ShouldHaveSingleItem().Metadata.Labels.ShouldBeNull();
        model.Names.ShouldBe(["db-0"]);
    }

    [Fact]
    public void Claim_ThatAPendingPodLost_IsMadeAnew()
    {
        var model = new StatefulModel(1, set => set.Spec.VolumeClaimTemplates = [StatefulModel.ClaimTemplate("data")]);
        model.Settle();
        model.SetPhase(model.Pods[0], "Pending");
        model.Cluster.Remove(model.Claims[0]);

        model.Settle();

        model.Claims.Count.ShouldBe(1);
    }

    [Fact]
    public void Retention_WhenDeleted_ClaimsBelongToTheSet()
    {
        var model = new StatefulModel(1, set => (set.Spec.VolumeClaimTemplates, set.Spec.PersistentVolumeClaimRetentionPolicy) = ([StatefulModel.ClaimTemplate("data")], Policy("Retain", "Delete")));
        model.Run();
        model.Claims[0].Metadata.OwnerReferences.ShouldHaveSingleItem().Uid.ShouldBe("uid-of-db");

        model.ChangeSet(set => set.Spec.PersistentVolumeClaimRetentionPolicy = Policy("Retain", "Retain"));
        model.Run();

        (model.Claims[0].Metadata.OwnerReferences ?? []).ShouldBeEmpty();
        model.ChangeSet(set => set.Spec.PersistentVolumeClaimRetentionPolicy = Policy("Retain", "Delete"));
        model.Step().Actions.ShouldContain(write => write.Resource.Plural == "persistentvolumeclaims" && write.NeedsNewestPrimary);
    }

    [Theory]
    [InlineData("Retain")]
    [InlineData("Delete")]
    public void Retention_WhenScaled_ClaimsGoWithTheirPod(string whenDeleted)
    {
        var model = new StatefulModel(3, set => (set.Spec.VolumeClaimTemplates, set.Spec.PersistentVolumeClaimRetentionPolicy) = ([StatefulModel.ClaimTemplate("data")], Policy("Delete", whenDeleted)));
        model.Run();
        model.Claims.ShouldAllBe(claim => (claim.Metadata.OwnerReferences == null ? 0 : claim.Metadata.OwnerReferences.Count) == (whenDeleted == "Delete" ? 1 : 0));

        model.Scale(1);
        model.Run();

        model.Claims.Select(claim => claim.Metadata.Name).ShouldBe(["data-db-0"]);
    }

    [Fact]
    public void Retention_ScaledUpAgain_WaitsForTheOldClaimToGo()
    {
        var model = new StatefulModel(2, set => (set.Spec.VolumeClaimTemplates, set.Spec.PersistentVolumeClaimRetentionPolicy) = ([StatefulModel.ClaimTemplate("data")], Policy("Delete", "Retain")));
        model.Run();
        model.Scale(1);
        model.Settle();
        model.Cluster.Remove(model.Find(1)!);
        var old = model.Claims[1].Metadata.Uid;
        model.Scale(2);

        model.Settle();
        model.Names.ShouldBe(["db-0"]);

        model.Collect();
        model.Run();
        model.Names.ShouldBe(["db-0", "db-1"]);
        model.Claims[1].Metadata.Uid.ShouldNotBe(old);
    }

    private static void BeginDeletion(StatefulModel model, string claim) =>
        model.Change(model.Claims.Single(present => present.Metadata.Name == claim), changed =>
            (changed.Metadata.DeletionTimestamp, changed.Metadata.Finalizers) = (ClusterModel.Start.UtcDateTime, ["example.com/kept"]));

    private static V1StatefulSetPersistentVolumeClaimRetentionPolicy Policy(string whenScaled, string whenDeleted) => new() { WhenScaled = whenScaled, WhenDeleted = whenDeleted };
}
