using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.CustomResources;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Documents.CustomResources;
using OrleansOrchestrator.Kinds.ApiExtensions;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.CustomResources;

public sealed class CustomResourceDefinitionReconcilerTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly CustomResourceDefinitionReconciler Reconciler = new();

    [Fact]
    public void Reconcile_NewDefinition_AcceptsItsNamesAndEstablishesIt()
    {
        var crd = Definition("gadgets", "Gadget");
        var updated = StatusOf(Reconcile(crd));
        updated.Status.AcceptedNames.Kind.ShouldBe("Gadget");
        CustomResourceConditions.IsTrue(updated, CustomResourceConditions.NamesAccepted).ShouldBeTrue();
        CustomResourceConditions.IsTrue(updated, CustomResourceConditions.Established).ShouldBeTrue();

        Reconcile(updated).Actions.ShouldBeEmpty("nothing is left to do");
    }

    [Theory]
    [InlineData("widgets", "Gadget", "SingularConflict", "\"gadget\" is already in use")]
    [InlineData("widgets", "GadgetList", "KindConflict", "\"GadgetList\" is already in use")]
    [InlineData("gadget", "Widget", "PluralConflict", "\"gadget\" is already in use")]
    public void Reconcile_DefinitionWithNamesInUse_IsNotEstablished(string plural, string kind, string reason, string message)
    {
        var established = StatusOf(Reconcile(Definition("gadgets", "Gadget")));

        var plan = Reconcile(Definition(plural, kind), established);

        var updated = StatusOf(plan);
        var condition = CustomResourceConditions.Find(updated, CustomResourceConditions.NamesAccepted).ShouldNotBeNull();
        (condition.Status, condition.Reason, condition.Message).ShouldBe(("False", reason, message));
        CustomResourceConditions.IsTrue(updated, CustomResourceConditions.Established).ShouldBeFalse();
    }

    [Fact]
    public void Reconcile_DefinitionOfAnotherGroup_DoesNotConflict()
    {
        var cluster = new ClusterModel();
        cluster.Add(StatusOf(Reconcile(Definition("gadgets", "Gadget", group: "other.example.com"))));
        var crd = cluster.Add(Definition("gadgets", "Gadget"));

        cluster.Settle(Reconciler, new ObjectKey("", crd.Metadata.Name));

        CustomResourceConditions.IsTrue(
            cluster.Find<V1CustomResourceDefinition>(new ObjectKey("", crd.Metadata.Name))!, CustomResourceConditions.Established).ShouldBeTrue();
    }

    [Fact]
    public void Reconcile_DeletedDefinition_DeletesObjectsBeforeItGoes()
    {
        var crd = Deleted(Definition("gadgets", "Gadget"));
        var going = new CustomObject { Metadata = new V1ObjectMeta { Name = "going", NamespaceProperty = "a", Uid = "2", DeletionTimestamp = Now.UtcDateTime } };
        var staying = new CustomObject { Metadata = new V1ObjectMeta { Name = "staying", NamespaceProperty = "a", Uid = "3" } };

        var plan = Reconcile(crd, [], [going, staying]);

        plan.Actions.OfType<DeleteObject>().ShouldHaveSingleItem().Key.ShouldBe(new ObjectKey("a", "staying"));
        plan.RequeueAfter.ShouldBe(CustomResourceDefinitionReconciler.ObjectsRecheckInterval);
        CustomResourceConditions.Find(StatusOf(plan), CustomResourceConditions.Terminating)!.Reason.ShouldBe("InstanceDeletionInProgress");
    }

    [Fact]
    public void Reconcile_DeletedDefinitionWithoutObjects_GoesWhenOthersHaveLearntOfIt()
    {
        var crd = Deleted(Definition("gadgets", "Gadget"));
        Reconcile(crd).ShouldSatisfyAllConditions(
            plan => plan.Actions.ShouldBeEmpty(),
            plan => plan.RequeueAfter.ShouldBe(CustomResourceDefinitionReconciler.ClosingTime));

        crd.Metadata.DeletionTimestamp = (Now - CustomResourceDefinitionReconciler.ClosingTime).UtcDateTime;
        Reconcile(crd).Actions.ShouldHaveSingleItem().ShouldBeOfType<UpdateObject>().Object.Metadata.Finalizers.ShouldBeEmpty();
    }

    private static Plan Reconcile(V1CustomResourceDefinition crd, params KubeObject[] others) => Reconcile(crd, others, []);

    private static Plan Reconcile(V1CustomResourceDefinition crd, KubeObject[] others, KubeObject[] objects) => Reconciler.Reconcile(new Observation(
        new ObjectKey("", crd.Metadata.Name),
        crd,
        Reconciler.Relations.ToDictionary(relation => relation, relation => (IReadOnlyList<RelatedObject>)(relation is DefinedObjects
            ? [.. objects.Select(obj => new RelatedObject(DefinedObjects.ResourceOf(crd), obj))]
            : [.. others.Prepend(crd).Select(other => new RelatedObject(WellKnownResources.CustomResourceDefinitions, other))])),
        Now));

    private static V1CustomResourceDefinition StatusOf(Plan plan) =>
        (V1CustomResourceDefinition)plan.Actions.OfType<UpdateStatus>().ShouldHaveSingleItem().Object;

    private static V1CustomResourceDefinition Definition(string plural, string kind, string group = "test.example.com") => new()
    {
        Metadata = new V1ObjectMeta { Name = $"{plural}.{group}", Uid = $"{plural}.{group}" },
        Spec = new V1CustomResourceDefinitionSpec
        {
            Group = group,
            Scope = "Namespaced",
            Names = new V1CustomResourceDefinitionNames { Plural = plural, Singular = kind.ToLowerInvariant(), Kind = kind, ListKind = kind + "List" },
            Versions = [new V1CustomResourceDefinitionVersion { Name = "v1", Served = true, Storage = true }],
        },
    };

    private static V1CustomResourceDefinition Deleted(V1CustomResourceDefinition crd)
    {
        crd.Metadata.DeletionTimestamp = Now.UtcDateTime;
        crd.Metadata.Finalizers = [CustomResourceConditions.CleanupFinalizer];
        return crd;
    }
}
