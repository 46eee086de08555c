using OrleansOrchestrator.Controllers.Disruption;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Disruption;

public sealed class DisruptionBudgetReconcilerTests
{
    private static readonly ObjectKey Key = new(Samples.Namespace, "web");
    private static readonly DisruptionBudgetReconciler Reconciler = new();

    private readonly ClusterModel _cluster = new() { KeepsDeletedPods = true };

    private V1PodDisruptionBudgetStatus Status => _cluster.Find<V1PodDisruptionBudget>(Key)!.Status;

    private string Condition => Status.Conditions.Where(condition => condition.Type == "DisruptionAllowed")
        .Select(condition => $"{condition.Status} {condition.Reason} {condition.Message}".TrimEnd()).Single();

    [Fact]
    public void Reconcile_MinAvailableAsANumber_CountsThePods()
    {
        Budget(minAvailable: 2);
        Pods(ready: 3, unready: 1);

        _cluster.Settle(Reconciler, Key);

        Counts().ShouldBe((4, 3, 2, 1));
        Condition.ShouldBe("True SufficientPods");
        Status.ObservedGeneration.ShouldBe(1);
    }

    [Theory]
    [InlineData("50%", 4, 3, 2, 1)]
    [InlineData("51%", 4, 3, 3, 0)]
    [InlineData("100%", 4, 3, 4, 0)]
    [InlineData("0%", 4, 3, 0, 3)]
    public void Reconcile_MinAvailableAsAShare_IsOfWhatTheOwnersWant(string share, int expected, int healthy, int desired, int allowed)
    {
        Budget(minAvailable: share);
        _cluster.Add(Samples.Controller(replicas: 4));
        Pods(ready: 3, owner: Samples.Owner("uid-of-web"));

        _cluster.Settle(Reconciler, Key);

        Counts().ShouldBe((expected, healthy, desired, allowed));
    }

    [Theory]
    [InlineData("1", 3, 1)]
    [InlineData("30%", 2, 2)]
    [InlineData("100%", 0, 4)]
    [InlineData("9", 0, 4)]
    public void Reconcile_MaxUnavailable_IsTakenFromWhatTheOwnersWant(string maxUnavailable, int desired, int allowed)
    {
        Budget(maxUnavailable: maxUnavailable);
        _cluster.Add(Samples.Controller(replicas: 4));
        Pods(ready: 4, owner: Samples.Owner("uid-of-web"));

        _cluster.Settle(Reconciler, Key);

        Counts().ShouldBe((4, 4, desired, allowed));
    }

    [Fact]
    public void Reconcile_PodsOfTwoReplicaSetsOfADeployment_TheDeploymentCountsOnce()
    {
        Budget(maxUnavailable: 1);
        var deployment = _cluster.Add(new V1Deployment { Metadata = Meta("web"), Spec = new V1DeploymentSpec { Replicas = 3, Selector = new(), Template = new() } });
        foreach (var name in (string[])["old", "new"])
        {
            var set = new V1ReplicaSet { Metadata = Meta(name), Spec = new V1ReplicaSetSpec { Replicas = 2, Selector = new() } };
            set.Metadata.OwnerReferences = [Reference("apps/v1", "Deployment", "web", deployment.Metadata.Uid)];
            _cluster.Add(set);
            Pods(ready: 2, owner: Reference("apps/v1", "ReplicaSet", name, set.Metadata.Uid), prefix: name);
        }

        _cluster.Settle(Reconciler, Key);

        Counts().ShouldBe((3, 4, 2, 2));
    }

    [Fact]
    public void Reconcile_ReplicaSetWhoseDeploymentIsGone_CountsItself()
    {
        Budget(maxUnavailable: 1);
        var set = new V1ReplicaSet { Metadata = Meta("set"), Spec = new V1ReplicaSetSpec { Replicas = 2, Selector = new() } };
        set.Metadata.OwnerReferences = [Reference("apps/v1", "Deployment", "web", "gone")];
        _cluster.Add(set);
        Pods(ready: 2, owner: Reference("apps/v1", "ReplicaSet", "set", set.Metadata.Uid));

        _cluster.Settle(Reconciler, Key);

        Counts().ShouldBe((2, 2, 1, 1));
    }

    [Fact]
    public void Reconcile_OwnerWithoutScale_FailsAndAllowsNothing()
    {
        Budget(maxUnavailable: 1);
        var job = _cluster.Add(new V1Job { Metadata = Meta("job"), Spec = new V1JobSpec { Template = new() } });
        Pods(ready: 2, owner: Reference("batch/v1", "Job", "job", job.Metadata.Uid));

        _cluster.Settle(Reconciler, Key);

        Status.DisruptionsAllowed.ShouldBe(0);
        Condition.ShouldBe("False SyncFailed jobs.batch does not implement the scale subresource");
        var told = _cluster.Events.ShouldHaveSingleItem();
        (told.Type, told.Reason).ShouldBe(("Warning", "CalculateExpectedPodCountFailed"));
        told.Message.ShouldBe("Failed to calculate the number of expected pods: jobs.batch does not implement the scale subresource");
    }

    [Fact]
    public void Reconcile_OwnerIsGone_Fails()
    {
        Budget(maxUnavailable: 1);
        Pods(ready: 1, owner: Samples.Owner("uid-of-nobody"));

        _cluster.Settle(Reconciler, Key);

        Condition.ShouldBe("False SyncFailed found no controllers for pod \"web-0\"");
    }

    [Fact]
    public void Reconcile_FailureIsOver_SaysSo()
    {
        Budget(maxUnavailable: 1);
        Pods(ready: 2, owner: Samples.Owner("uid-of-web"));
        _cluster.Settle(Reconciler, Key);

        _cluster.Add(Samples.Controller(replicas: 2));
        _cluster.Settle(Reconciler, Key);

        Condition.ShouldBe("True SufficientPods");
    }

    [Fact]
    public void Reconcile_UnmanagedPodsOfAShare_AreTold()
    {
        Budget(maxUnavailable: 1);
        Pods(ready: 2);

        _cluster.Settle(Reconciler, Key);

        Counts().ShouldBe((0, 2, 0, 0));
        var told = _cluster.Events.ShouldHaveSingleItem();
        told.Reason.ShouldBe("UnmanagedPods");
        told.Message.ShouldStartWith(
            "Pods selected by this PodDisruptionBudget (selector: &LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:[]LabelSelectorRequirement{},}) were found");
    }

    [Fact]
    public void Reconcile_NoPods_AllowsNothingAndTells()
    {
        Budget(minAvailable: 0);

        _cluster.Settle(Reconciler, Key);

        Counts().ShouldBe((0, 0, 0, 0));
        Condition.ShouldBe("False InsufficientPods");
        _cluster.Events.ShouldHaveSingleItem().Message.ShouldBe("No matching pods found");
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 0)]
    public void Reconcile_SelectorWithoutLabels_PicksAllAndNoSelectorNone(bool hasSelector, int expected)
    {
        var budget = Budget(minAvailable: 1);
        budget.Spec.Selector = hasSelector ? new V1LabelSelector() : null;
        _cluster.Add(Samples.Pod("a", "web"));
        _cluster.Add(Samples.Pod("b", "db"));

        _cluster.Settle(Reconciler, Key);

        Status.ExpectedPods.ShouldBe(expected);
    }

    [Fact]
    public void Reconcile_EvictedPodThatIsStillThere_CountsAgainAfterTwoMinutes()
    {
        Budget(minAvailable: 1);
        Pods(ready: 3);
        _cluster.Settle(Reconciler, Key);
        Evict("web-0");

        _cluster.Settle(Reconciler, Key);
        Counts().ShouldBe((3, 2, 1, 1));
        _cluster.Now += TimeSpan.FromMinutes(2);
        _cluster.Step(Reconciler, Key).RequeueAfter.ShouldBe(TimeSpan.FromMilliseconds(1));
        Counts().ShouldBe((3, 2, 1, 1));
        _cluster.Now += TimeSpan.FromMilliseconds(1);
        _cluster.Settle(Reconciler, Key);

        Counts().ShouldBe((3, 3, 1, 2));
        Status.DisruptedPods.ShouldBeNull();
        var told = _cluster.Events.ShouldHaveSingleItem();
        (told.Type, told.Reason, told.Message).ShouldBe(("Warning", "NotDeleted", "Pod was expected by PDB shop/web to be deleted but it wasn't"));
        told.Regarding!.Value.Key.Name.ShouldBe("web-0");
    }

    [Fact]
    public void Reconcile_EvictedPodGoes_IsForgotten()
    {
        Budget(minAvailable: 1);
        Pods(ready: 3);
        _cluster.Settle(Reconciler, Key);
        Evict("web-0");
        _cluster.Find<V1Pod>(new ObjectKey(Samples.Namespace, "web-0"))!.Metadata.DeletionTimestamp = _cluster.Now.UtcDateTime;

        _cluster.Settle(Reconciler, Key);

        Counts().ShouldBe((3, 2, 1, 1));
        Status.DisruptedPods.ShouldBeNull();
    }

    [Fact]
    public void Reconcile_SuccessorOfAnEvictedPod_IsHealthy()
    {
        Budget(minAvailable: 1);
        Pods(ready: 3);
        _cluster.Settle(Reconciler, Key);
        Evict("web-0");
        _cluster.Remove(_cluster.Find<V1Pod>(new ObjectKey(Samples.Namespace, "web-0"))!);
        _cluster.Now += TimeSpan.FromSeconds(5);
        _cluster.Add(Samples.Pod("web-0", ready: true));

        _cluster.Settle(Reconciler, Key);

        Counts().ShouldBe((3, 3, 1, 2));
    }

    [Fact]
    public void FindPrimaries_OwnerWantsAnotherNumber_ConcernsTheBudgetsOfItsPods()
    {
        Budget(maxUnavailable: 1);
        var controller = _cluster.Add(Samples.Controller(replicas: 2));
        Pods(ready: 2, owner: Samples.Owner("uid-of-web"));
        var scales = Reconciler.Relations.OfType<ScalesOfPods>().Single();
        var before = ClusterModel.StoredOf(controller);

        controller.Status = new V1ReplicationControllerStatus { Replicas = 2 };
        Concerned(new ObjectChange(ClusterModel.StoredOf(controller), before)).ShouldBeEmpty();
        controller.Spec.Replicas = 3;
        Concerned(new ObjectChange(ClusterModel.StoredOf(controller), before)).ShouldBe([Key]);

        IReadOnlySet<ObjectKey> Concerned(ObjectChange change) => _cluster.FindPrimaries(scales, WellKnownResources.PodDisruptionBudgets, change);
    }

    private (int Expected, int Healthy, int Desired, int Allowed) Counts() =>
        (Status.ExpectedPods ?? -1, Status.CurrentHealthy ?? -1, Status.DesiredHealthy ?? -1, Status.DisruptionsAllowed ?? -1);

    private void Evict(string pod)
    {
        var budget = _cluster.Find<V1PodDisruptionBudget>(Key)!;
        DisruptionBudgets.Take(budget, pod, _cluster.Now).ShouldBeNull();
        _cluster.Touch(budget);
    }

    private V1PodDisruptionBudget Budget(IntOrString? minAvailable = null, IntOrString? maxUnavailable = null) => _cluster.Add(new V1PodDisruptionBudget
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = Samples.Namespace, Name = "web", Generation = 1 },
        Spec = new V1PodDisruptionBudgetSpec
        {
            MinAvailable = minAvailable,
            MaxUnavailable = maxUnavailable,
            Selector = new V1LabelSelector { MatchLabels = Samples.Labels("web") },
        },
    });

    private void Pods(int ready, int unready = 0, V1OwnerReference? owner = null, string prefix = "web")
    {
        for (var i = 0; i < ready + unready; i++)
        {
            var pod = Samples.Pod($"{prefix}-{i}", ready: i < ready);
            pod.Metadata.OwnerReferences = owner is null ? null : [owner];
            _cluster.Add(pod);
        }
    }

    private static V1ObjectMeta Meta(string name) => new() { NamespaceProperty = Samples.Namespace, Name = name };

    private static V1OwnerReference Reference(string apiVersion, string kind, string name, string uid) =>
        new() { ApiVersion = apiVersion, Kind = kind, Name = name, Uid = uid, Controller = true };
}
