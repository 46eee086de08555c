using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.StatefulSets;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Errors;

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
        var model = new StatefulModel(int.MaxValue, set => set.Spec.VolumeClaimTemplates = [Template("data")]);
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
    public void Update_GoesDownwards_OneAtATime()
    {
        var model = new StatefulModel(3);
        model.Run();
        var replaced = new List<string>();
        model.SetImage("two");

        model.Run(afterStep: () => replaced.AddRange(model.Pods.Where(pod => pod.IsDeleting).Select(pod => pod.Metadata.Name).Except(replaced)));

        replaced.ShouldBe(["db-2", "db-1", "db-0"]);
        model.Images.ShouldBe(["two", "two", "two"]);
        var status = model.Set.Status;
        status.CurrentRevision.ShouldBe(status.UpdateRevision);
        (status.Replicas, status.ReadyReplicas, status.CurrentReplicas, status.UpdatedReplicas, status.AvailableReplicas).ShouldBe((3, 3, 3, 3, 3));
        status.ObservedGeneration.ShouldBe(2);
    }

    [Fact]
    public void Update_Partition_LeavesWhatIsBelow()
    {
        var model = new StatefulModel(3, set => set.Spec.UpdateStrategy.RollingUpdate.Partition = 2);
        model.Run();
        model.SetImage("two");
        model.Run();
        model.Images.ShouldBe(["one", "one", "two"]);
        model.Set.Status.CurrentRevision.ShouldNotBe(model.Set.Status.UpdateRevision);
        (model.Set.Status.CurrentReplicas, model.Set.Status.UpdatedReplicas).ShouldBe((2, 1));

        // What is made anew below the partition is of the revision that was current.
        model.Cluster.Remove(model.Pods[0]);
        model.Run();

        model.Images.ShouldBe(["one", "one", "two"]);
    }

    [Fact]
    public void Update_OnDelete_WaitsForTheUser()
    {
        var model = new StatefulModel(2, set => set.Spec.UpdateStrategy = new V1StatefulSetUpdateStrategy { Type = "OnDelete" });
        model.Run();
        model.SetImage("two");
        model.Run();
        model.Images.ShouldBe(["one", "one"]);

        model.Cluster.Remove(model.Pods[1]);
        model.Run();

        model.Images.ShouldBe(["one", "two"]);
    }

    [Theory]
    [InlineData("OrderedReady")]
    [InlineData("Parallel")]
    public void Update_MaxUnavailable_ReplacesSoManyAtOnce(string policy)
    {
        var model = new StatefulModel(5, set =>
        {
            set.Spec.PodManagementPolicy = policy;
            set.Spec.UpdateStrategy.RollingUpdate.MaxUnavailable = "50%";
        });
        model.Run();
        model.SetImage("two");

        model.Settle();
        model.Pods.Where(pod => pod.IsDeleting).Select(pod => pod.Metadata.Name).ShouldBe(["db-3", "db-4"]);

        model.Run();
        model.Images.Distinct().ShouldBe(["two"]);
    }

    [Fact]
    public void Update_ToATemplateThatDoesNotWork_StopsAtOnePod()
    {
        var model = new StatefulModel(3);
        model.Run();
        model.SetImage("broken");

        model.Run(Works);

        model.Images.ShouldBe(["one", "one", "broken"]);
    }

    [Theory]
    [InlineData("one")]
    [InlineData("mended")]
    public void Update_AwayFromATemplateThatDoesNotWork_NeedsNoHand(string image)
    {
        var model = new StatefulModel(3);
        model.Run();
        model.SetImage("broken");
        model.Run(Works);

        model.SetImage(image);
        model.Run(Works);

        model.Images.ShouldBe([image, image, image]);
        model.Set.Status.ReadyReplicas.ShouldBe(3);
    }

    [Fact]
    public void Update_OfASetThatNeverWorked_NeedsNoHand()
    {
        var model = new StatefulModel(3, set => set.Spec.Template.Spec.Containers[0].Image = "broken");
        model.Run(Works);
        model.Names.ShouldBe(["db-0"]);

        model.SetImage("mended");
        model.Run(Works);

        model.Images.ShouldBe(["mended", "mended", "mended"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Update_OfASetWhosePodHasFailedBefore_NeedsNoHand(bool wasReady)
    {
        var model = new StatefulModel(3, set => (set.Spec.MinReadySeconds, set.Spec.Template.Spec.Containers[0].Image) = (1, "broken"));
        model.Settle();
        model.SetReady(model.Pods[0], wasReady);
        if (wasReady)
            model.SetReady(model.Pods[0], false);
        model.Cluster.Now += TimeSpan.FromMinutes(1);

        model.SetImage("mended");
        RunThroughTime(model);

        model.Images.ShouldBe(["mended", "mended", "mended"]);
    }

    [Fact]
    public void Update_BackFromATemplateWithWhichTheSetGrew_NeedsNoHand()
    {
        var model = new StatefulModel(2);
        model.Run();
        model.Cluster.Now += TimeSpan.FromMinutes(1);
        model.ChangeSet(set => (set.Spec.Replicas, set.Spec.Template.Spec.Containers[0].Image) = (4, "broken"));
        model.Run(Works);
        model.Names.ShouldBe(["db-0", "db-1", "db-2"]);
        model.SetReady(model.Pods[2], false);

        // Its revision is older than the pod.
        model.SetImage("one");
        model.Run(Works);

        model.Images.ShouldBe(["one", "one", "one", "one"]);
    }

    [Fact]
    public void Update_ToATemplateThatDoesNotWork_LeavesAnOldPodThatIsUnreadyForAMoment()
    {
        var model = new StatefulModel(3);
        model.Run();
        model.Cluster.Now += TimeSpan.FromMinutes(1);
        model.SetImage("broken");
        model.Run(Works);
        model.Cluster.Now += TimeSpan.FromMinutes(1);

        model.SetReady(model.Pods[1], false);
        model.Settle();

        model.Pods.Where(pod => pod.IsDeleting).ShouldBeEmpty();
        model.Images.ShouldBe(["one", "one", "broken"]);
    }

    [Fact]
    public void Update_ToATemplateThatDoesNotWork_InParallel_LeavesOldPodsThatAreUnreadyForAMoment()
    {
        var model = new StatefulModel(3, set => (set.Spec.PodManagementPolicy, set.Spec.UpdateStrategy.RollingUpdate.MaxUnavailable) = ("Parallel", 1));
        model.Run();
        model.SetReady(model.Pods[1], false);
        model.SetImage("broken");
        model.Settle();
        model.Cluster.Remove(model.Find(1)!);
        model.Settle();
        model.Images.ShouldBe(["one", "broken", "one"]);

        model.SetReady(model.Pods[2], false);
        model.Settle();

        model.Pods.Where(pod => pod.IsDeleting).ShouldBeEmpty();
    }

    [Fact]
    public void Update_PodAboveThatIsJustBeingReplaced_IsWaitedFor()
    {
        var model = new StatefulModel(3);
        model.Run();
        model.Cluster.Now += TimeSpan.FromMinutes(1);
        model.SetImage("broken");
        model.Settle();
        model.Cluster.Now += TimeSpan.FromMinutes(1);

        model.SetReady(model.Pods[1], false);
        model.Settle();
        model.Cluster.Remove(model.Find(2)!);
        model.Settle();
        model.Pods.Where(pod => pod.IsDeleting).ShouldBeEmpty();

        model.Run(Works);
        model.Images.ShouldBe(["one", "one", "broken"]);
    }

    [Fact]
    public void Update_PodBelowThatIsNotReady_IsWaitedFor()
    {
        var model = new StatefulModel(3);
        model.Run();
        model.SetReady(model.Pods[0], false);
        model.SetImage("two");

        model.Settle();

        model.Pods.Where(pod => pod.IsDeleting).ShouldBeEmpty();
    }

    [Fact]
    public void Claims_AreMadeForEachPod_AndKeptWhenItGoes()
    {
        var model = new StatefulModel(2, set =>
        {
            set.Spec.VolumeClaimTemplates = [Template("data"), Template("log")];
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
        var model = new StatefulModel(3, set => (set.Spec.PodManagementPolicy, set.Spec.VolumeClaimTemplates) = ("Parallel", [Template("data"), Template("log")]));
        model.Step();
        // One that is there needs nothing but its pod, which does not come between the others' claims.
        foreach (var name in (string[])["data-db-1", "log-db-1"])
        {
            var claim = Template(name);
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
        var model = new StatefulModel(2, set => (set.Spec.PodManagementPolicy, set.Spec.VolumeClaimTemplates) = (policy, [Template("data"), Template("log")]));
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
        var model = new StatefulModel(StatefulNames.BurstMax, set => (set.Spec.PodManagementPolicy, set.Spec.VolumeClaimTemplates) = ("Parallel", [Template("data"), Template("log")]));
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
        var model = new StatefulModel(3, set => (set.Spec.PodManagementPolicy, set.Spec.VolumeClaimTemplates) = (policy, [Template("data"), Template("log")]));
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
        var model = new StatefulModel(2 * StatefulNames.BurstMax, set => (set.Spec.PodManagementPolicy, set.Spec.VolumeClaimTemplates) = ("Parallel", [Template("data")]));
        for (var ordinal = 0; ordinal < StatefulNames.BurstMax; ordinal++)
        {
            var claim = Template($"data-db-{ordinal}");
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
        var model = new StatefulModel(1, set => set.Spec.VolumeClaimTemplates = [Template("data")]);
        var own = Template("data-db-0");
        (own.Metadata.NamespaceProperty, own.Metadata.Labels) = (Samples.Namespace, null);
        model.Cluster.Add(own);

        model.Run();

        model.Claims.ShouldHaveSingleItem().Metadata.Labels.ShouldBeNull();
        model.Names.ShouldBe(["db-0"]);
    }

    [Fact]
    public void Claim_ThatAPendingPodLost_IsMadeAnew()
    {
        var model = new StatefulModel(1, set => set.Spec.VolumeClaimTemplates = [Template("data")]);
        model.Settle();
        model.SetPhase(model.Pods[0], "Pending");
        model.Cluster.Remove(model.Claims[0]);

        model.Settle();

        model.Claims.Count.ShouldBe(1);
    }

    [Fact]
    public void Retention_WhenDeleted_ClaimsBelongToTheSet()
    {
        var model = new StatefulModel(1, set => (set.Spec.VolumeClaimTemplates, set.Spec.PersistentVolumeClaimRetentionPolicy) = ([Template("data")], Policy("Retain", "Delete")));
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
        var model = new StatefulModel(3, set => (set.Spec.VolumeClaimTemplates, set.Spec.PersistentVolumeClaimRetentionPolicy) = ([Template("data")], Policy("Delete", whenDeleted)));
        model.Run();
        model.Claims.ShouldAllBe(claim => (claim.Metadata.OwnerReferences == null ? 0 : claim.Metadata.OwnerReferences.Count) == (whenDeleted == "Delete" ? 1 : 0));

        model.Scale(1);
        model.Run();

        model.Claims.Select(claim => claim.Metadata.Name).ShouldBe(["data-db-0"]);
    }

    [Fact]
    public void Retention_ScaledUpAgain_WaitsForTheOldClaimToGo()
    {
        var model = new StatefulModel(2, set => (set.Spec.VolumeClaimTemplates, set.Spec.PersistentVolumeClaimRetentionPolicy) = ([Template("data")], Policy("Delete", "Retain")));
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

    /// <summary>Lets everything happen, and pods that work be ready long enough to count.</summary>
    private static void RunThroughTime(StatefulModel model)
    {
        for (var round = 0; round < 10; round++)
        {
            model.Run(Works);
            model.Cluster.Now += TimeSpan.FromMinutes(1);
        }
    }

    private static void BeginDeletion(StatefulModel model, string claim) =>
        model.Change(model.Claims.Single(present => present.Metadata.Name == claim), changed =>
            (changed.Metadata.DeletionTimestamp, changed.Metadata.Finalizers) = (ClusterModel.Start.UtcDateTime, ["example.com/kept"]));

    private static bool Works(V1Pod pod) => pod.Spec.Containers[0].Image != "broken";

    private static V1PersistentVolumeClaim Template(string name) => new()
    {
        ApiVersion = "v1",
        Kind = "PersistentVolumeClaim",
        Metadata = new V1ObjectMeta { Name = name, Labels = new Dictionary<string, string> { ["tier"] = "data" } },
        Spec = new V1PersistentVolumeClaimSpec { AccessModes = ["ReadWriteOnce"] },
    };

    private static V1StatefulSetPersistentVolumeClaimRetentionPolicy Policy(string whenScaled, string whenDeleted) => new() { WhenScaled = whenScaled, WhenDeleted = whenDeleted };
}
