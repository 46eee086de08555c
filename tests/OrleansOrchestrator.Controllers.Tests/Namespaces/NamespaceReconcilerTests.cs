using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Namespaces;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Namespaces;

public sealed class NamespaceReconcilerTests
{
    private static readonly ObjectKey Key = new("", Samples.Namespace);
    private static readonly NamespaceReconciler Reconciler = new();

    [Fact]
    public void Reconcile_ActiveNamespace_PlansNothing()
    {
        var cluster = new ClusterModel();
        cluster.Add(NewNamespace(isDeleting: false));
        cluster.Add(ConfigMap("kept"));

        cluster.Step(Reconciler, Key).ShouldBeSameAs(Plan.Nothing);
    }

    [Fact]
    public void Reconcile_DeletingEmptyNamespace_LetsItGo()
    {
        var cluster = new ClusterModel();
        cluster.Add(NewNamespace());

        cluster.Step(Reconciler, Key).RequeueAfter.ShouldBe(NamespaceReconciler.ClosingTime);
        cluster.Find<V1Namespace>(Key).ShouldNotBeNull("others may not know yet that it is closed").Status.Phase.ShouldBe("Terminating");

        cluster.Now += NamespaceReconciler.ClosingTime;
        cluster.Step(Reconciler, Key).Actions.ShouldHaveSingleItem().ShouldBeOfType<FinalizeNamespace>();
        cluster.Find<V1Namespace>(Key).ShouldBeNull();
    }

    [Fact]
    public void Reconcile_DeletingNamespace_EmptiesItPodsFirst()
    {
        var cluster = new ClusterModel { KeepsDeletedPods = true };
        cluster.Add(NewNamespace());
        cluster.Add(ConfigMap("settings"));
        cluster.Add(Samples.Pod("web", node: "n1"));
        cluster.Add(Samples.Service());
        var elsewhere = ConfigMap("elsewhere");
        elsewhere.Metadata.NamespaceProperty = "other";
        cluster.Add(elsewhere);

        var first = cluster.Step(Reconciler, Key);

        first.Actions[0].ShouldBeOfType<UpdateStatus>();
        var deletion = first.Actions.OfType<DeleteObject>().ShouldHaveSingleItem();
        (deletion.Resource, deletion.GracePeriodSeconds).ShouldBe((WellKnownResources.Pods, null));
        first.RequeueAfter.ShouldNotBeNull();
        var status = cluster.Find<V1Namespace>(Key)!.Status;
        status.Phase.ShouldBe("Terminating");
        var remaining = status.Conditions.Single(condition => condition.Type == "NamespaceContentRemaining");
        (remaining.Status, remaining.Reason, remaining.Message).ShouldBe((
            "True",
            "SomeResourcesRemain",
            "Some resources are remaining: configmaps. has 1 resource instances, pods. has 1 resource instances, services. has 1 resource instances"));

        cluster.Step(Reconciler, Key).Actions.OfType<DeleteObject>().ShouldBeEmpty("the pod is still on its way out");

        cluster.Remove(cluster.All<V1Pod>().ShouldHaveSingleItem());
        cluster.Step(Reconciler, Key).Actions.OfType<DeleteObject>().Select(action => action.Key.Name).ShouldBe(["settings", "web"]);
        cluster.Now += NamespaceReconciler.ClosingTime;
        cluster.Settle(Reconciler, Key);
        cluster.Find<V1Namespace>(Key).ShouldBeNull();
        cluster.All<V1ConfigMap>().ShouldHaveSingleItem().Metadata.NamespaceProperty.ShouldBe("other");
    }

    [Fact]
    public void Reconcile_ContentWithFinalizers_SaysWhatIsInTheWay()
    {
        var cluster = new ClusterModel();
        cluster.Add(NewNamespace());
        var held = ConfigMap("held");
        held.Metadata.Finalizers = ["example.com/guard"];
        cluster.Add(held);

        cluster.Step(Reconciler, Key);
        cluster.Step(Reconciler, Key).Actions.ShouldBeEmpty();

        var condition = cluster.Find<V1Namespace>(Key)!.Status.Conditions.Single(condition => condition.Type == "NamespaceFinalizersRemaining");
        (condition.Status, condition.Reason, condition.Message).ShouldBe((
            "True",
            "SomeFinalizersRemain",
            "Some content in the namespace has finalizers remaining: example.com/guard in 1 resource instances"));
    }

    [Fact]
    public void Reconcile_ConditionTurns_MovesItsTransitionTimeOnly()
    {
        var cluster = new ClusterModel();
        var ns = NewNamespace();
        ns.Spec.Finalizers.Add("example.com/other");
        cluster.Add(ns);
        cluster.Add(ConfigMap("settings"));
        cluster.Step(Reconciler, Key);
        cluster.Now = ClusterModel.Start.AddMinutes(1);

        cluster.Settle(Reconciler, Key);

        var found = cluster.Find<V1Namespace>(Key).ShouldNotBeNull("another finalizer holds it");
        found.Spec.Finalizers.ShouldBe(["example.com/other"]);
        var conditions = found.Status.Conditions.ToDictionary(condition => condition.Type);
        conditions["NamespaceContentRemaining"].Status.ShouldBe("False");
        conditions["NamespaceContentRemaining"].LastTransitionTime.ShouldBe(ClusterModel.Start.AddMinutes(1).UtcDateTime);
        conditions["NamespaceDeletionContentFailure"].LastTransitionTime.ShouldBe(ClusterModel.Start.UtcDateTime);
    }

    [Fact]
    public void Reconcile_MoreContentsThanOnePlanHolds_ContinuesAtOnce()
    {
        var cluster = new ClusterModel();
        cluster.Add(NewNamespace());
        for (var i = 0; i < 1_100; i++)
            cluster.Add(ConfigMap($"map-{i:D4}"));

        var first = cluster.Step(Reconciler, Key);

        first.Actions.OfType<DeleteObject>().Count().ShouldBe(NamespaceReconciler.DeletionsMax);
        first.RequeueAfter.ShouldBe(TimeSpan.Zero);
        cluster.Now += NamespaceReconciler.ClosingTime;
        cluster.Settle(Reconciler, Key);
        cluster.Find<V1Namespace>(Key).ShouldBeNull();
    }

    [Fact]
    public void DefaultServiceAccount_ActiveNamespace_GetsOne()
    {
        var reconciler = new DefaultServiceAccountReconciler();
        var cluster = new ClusterModel();
        cluster.Add(NewNamespace(isDeleting: false));

        cluster.Settle(reconciler, Key).ShouldBe(1);
        cluster.Find<V1ServiceAccount>(new(Samples.Namespace, "default")).ShouldNotBeNull();

        cluster.Remove(cluster.All<V1ServiceAccount>()[0]);
        cluster.Settle(reconciler, Key).ShouldBe(1, "a deleted one comes back");
    }

    [Fact]
    public void DefaultServiceAccount_DeletingNamespace_GetsNone()
    {
        var cluster = new ClusterModel();
        cluster.Add(NewNamespace());

        cluster.Step(new DefaultServiceAccountReconciler(), Key).ShouldBeSameAs(Plan.Nothing);
    }

    private static V1Namespace NewNamespace(bool isDeleting = true) => new()
    {
        ApiVersion = "v1",
        Kind = "Namespace",
        Metadata = new V1ObjectMeta
        {
            Name = Samples.Namespace,
            DeletionTimestamp = isDeleting ? ClusterModel.Start.UtcDateTime : null,
        },
        Spec = new V1NamespaceSpec { Finalizers = ["kubernetes"] },
        Status = new V1NamespaceStatus { Phase = "Active" },
    };

    private static V1ConfigMap ConfigMap(string name) => new()
    {
        ApiVersion = "v1",
        Kind = "ConfigMap",
        Metadata = new V1ObjectMeta { NamespaceProperty = Samples.Namespace, Name = name },
    };
}
