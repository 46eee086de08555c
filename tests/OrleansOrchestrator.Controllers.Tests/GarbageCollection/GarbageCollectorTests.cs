using CsCheck;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.GarbageCollection;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.GarbageCollection;

public sealed class GarbageCollectorTests
{
    [Fact]
    public void DecideDependent_WithoutOwners_IsKept() =>
        Decide(Item("pod"), []).ShouldBeSameAs(Plan.Nothing);

    [Fact]
    public void DecideDependent_AllOwnersPresent_IsKept() =>
        Decide(Item("pod", "a", "b"), new() { ["a"] = OwnerState.Present, ["b"] = OwnerState.Present }).ShouldBeSameAs(Plan.Nothing);

    [Fact]
    public void DecideDependent_AllOwnersAbsent_IsDeletedInTheBackground()
    {
        var delete = Decide(Item("pod", "a", "b"), new() { ["a"] = OwnerState.Absent, ["b"] = OwnerState.Absent })
            .Actions.ShouldHaveSingleItem().ShouldBeOfType<DeleteObject>();

        (delete.Resource, delete.Key, delete.Uid, delete.Propagation)
            .ShouldBe((WellKnownResources.Pods, new ObjectKey(Samples.Namespace, "pod"), "pod", DeletionPropagation.Background));
    }

    [Theory]
    [InlineData("orphan", DeletionPropagation.Orphan)]
    [InlineData("foregroundDeletion", DeletionPropagation.Foreground)]
    public void DecideDependent_WithAFinalizerOfItsOwn_IsDeletedAsThatSays(string finalizer, DeletionPropagation expected)
    {
        var item = Item("pod", "a");
        item.Object.Metadata.Finalizers = [finalizer];

        Decide(item, new() { ["a"] = OwnerState.Absent }).Actions.ShouldHaveSingleItem().ShouldBeOfType<DeleteObject>().Propagation.ShouldBe(expected);
    }

    [Theory]
    [InlineData(OwnerState.Absent)]
    [InlineData(OwnerState.WaitingForDependents)]
    public void DecideDependent_SomeOwnerPresent_LosesTheOtherReferences(OwnerState other)
    {
        var update = Decide(Item("pod", "a", "b"), new() { ["a"] = other, ["b"] = OwnerState.Present })
            .Actions.ShouldHaveSingleItem().ShouldBeOfType<UpdateObject>();

        var pod = update.Object.ShouldBeOfType<V1Pod>();
        pod.Metadata.OwnerReferences.ShouldHaveSingleItem().Uid.ShouldBe("b");
        pod.Spec.Containers.ShouldHaveSingleItem("nothing else is lost");
        pod.Metadata.ResourceVersion.ShouldBe("1");
    }

    [Fact]
    public void DecideDependent_OwnerWaits_IsDeletedWithItsOwnDependentsFirst()
    {
        var plan = Decide(Item("set", "deployment"), new() { ["deployment"] = OwnerState.WaitingForDependents }, Item("pod", "set"));

        plan.Actions.ShouldHaveSingleItem().ShouldBeOfType<DeleteObject>().Propagation.ShouldBe(DeletionPropagation.Foreground);
    }

    [Fact]
    public void DecideDependent_OwnerWaitsAndNothingIsOwned_IsDeletedInTheBackground() =>
        Decide(Item("pod", "set"), new() { ["set"] = OwnerState.WaitingForDependents })
            .Actions.ShouldHaveSingleItem().ShouldBeOfType<DeleteObject>().Propagation.ShouldBe(DeletionPropagation.Background);

    [Fact]
    public void DecideDependent_AlreadyDeleting_IsLeftAlone() =>
        Decide(Deleting(Item("pod", "a")), new() { ["a"] = OwnerState.Absent }).ShouldBeSameAs(Plan.Nothing);

    [Fact]
    public void DecideDependent_ObjectsThatOwnEachOther_Survive()
    {
        var (a, b) = (Item("a", "b"), Item("b", "a"));

        Decide(a, new() { ["b"] = OwnerState.Present }, b).ShouldBeSameAs(Plan.Nothing);
        Decide(b, new() { ["a"] = OwnerState.Present }, a).ShouldBeSameAs(Plan.Nothing);
    }

    [Fact]
    public void Decide_ForegroundDeletionInACircle_ComesToAnEnd()
    {
        var (a, b) = (Deleting(Item("a", "b"), "foregroundDeletion"), Item("b", "a"));

        var unblocked = Decide(b, new() { ["a"] = OwnerState.WaitingForDependents }, a)
            .Actions.ShouldHaveSingleItem().ShouldBeOfType<UpdateObject>().Object;
        unblocked.Metadata.OwnerReferences.ShouldHaveSingleItem().BlockOwnerDeletion.ShouldBe(false);

        var next = b with { Object = unblocked };
        Decide(next, new() { ["a"] = OwnerState.WaitingForDependents }, a).Actions.ShouldHaveSingleItem().ShouldBeOfType<DeleteObject>();
        GarbageCollector.DecideOwner(a, [next]).Actions.ShouldHaveSingleItem().ShouldBeOfType<UpdateObject>()
            .Object.Metadata.Finalizers.ShouldBeNull();
    }

    [Theory]
    [InlineData("team", "team", false)]
    [InlineData("team", "elsewhere", true)]
    [InlineData("team", null, true)]
    [InlineData(null, "team", false)]
    public void DecideOwner_ThatWaits_IsHeldUpByDependentsThatMayBeItsOwnOnly(string? ownersNamespace, string? dependentsNamespace, bool isFree)
    {
        var (owner, dependent) = (Deleting(Item("set"), "foregroundDeletion"), Item("pod", "set"));
        (owner.Object.Metadata.NamespaceProperty, dependent.Object.Metadata.NamespaceProperty) = (ownersNamespace, dependentsNamespace);
        dependent.Object.Metadata.OwnerReferences[0].BlockOwnerDeletion = true;

        GarbageCollector.DecideOwner(owner, [dependent]).Actions.Count.ShouldBe(isFree ? 1 : 0);
    }

    [Theory]
    [InlineData(OwnerState.Absent)]
    [InlineData(OwnerState.Present)]
    [InlineData(OwnerState.WaitingForDependents)]
    public void DecideDependent_SomeOwnerUnresolvable_IsLeftAsItIs(OwnerState other) =>
        Decide(Item("pod", "a", "b"), new() { ["a"] = other, ["b"] = OwnerState.Unresolvable }).Actions.ShouldBeEmpty();

    [Fact]
    public void DecideDependent_OwnerOutsideItsNamespace_IsKeptAndToldOf()
    {
        var item = Item("pod", "a", "b");
        item.Object.Metadata.NamespaceProperty = null;

        var plan = Decide(item, new() { ["a"] = OwnerState.Absent, ["b"] = OwnerState.OutsideNamespace });

        plan.Actions.ShouldBeEmpty();
        plan.Events.ShouldBe(
            [new PlannedEvent("Warning", "OwnerRefInvalidNamespace", "ownerRef [v1/ReplicationController, namespace: , name: b, uid: b] does not exist in namespace \"\"")]);
    }

    [Fact]
    public void DecideDependent_SameUidUnderAWrongName_IsKeptByTheRightOne()
    {
        var item = Item("pod", "a", "a");
        item.Object.Metadata.OwnerReferences[0].Name = "wrong";

        GarbageCollector.DecideDependent(item, reference => reference.Name == "wrong" ? OwnerState.Absent : OwnerState.Present, () => [])
            .Actions.ShouldHaveSingleItem().ShouldBeOfType<UpdateObject>();
    }

    [Fact]
    public void DecideDependent_Deletion_IsOfTheVersionThatWasJudged() =>
        Decide(Item("pod", "a"), new() { ["a"] = OwnerState.Absent })
            .Actions.ShouldHaveSingleItem().ShouldBeOfType<DeleteObject>().ResourceVersion.ShouldBe("1");

    [Fact]
    public void DecideDependent_AnyOwners_IsNeverDeletedWhileOneLivesOrCannotBeResolved() =>
        Gen.Select(Gen.Enum<OwnerState>(), Gen.Bool, Gen.Int[0, 3]).List[1, 5].Sample(owners =>
        {
            var item = Item("pod", [.. owners.Select((owner, i) => $"{owner.Item3}-{i}")]);
            for (var i = 0; i < owners.Count; i++)
                item.Object.Metadata.OwnerReferences[i].BlockOwnerDeletion = owners[i].Item2;
            var states = owners.Select((owner, i) => ($"{owner.Item3}-{i}", owner.Item1)).ToDictionary(one => one.Item1, one => one.Item2);

            var plan = Decide(item, states, Deleting(Item("child", "pod"), "foregroundDeletion"));

            var isHeld = states.Values.Any(state => state is OwnerState.Present or OwnerState.Unresolvable or OwnerState.OutsideNamespace);
            if (isHeld)
                plan.Actions.ShouldNotContain(action => action is DeleteObject);
            if (states.Values.Any(state => state is OwnerState.Unresolvable or OwnerState.OutsideNamespace))
                plan.Actions.ShouldBeEmpty();
            foreach (var update in plan.Actions.OfType<UpdateObject>().Where(_ => isHeld))
            {
                update.Object.Metadata.OwnerReferences.Select(reference => reference.Uid).ShouldBe(
                    item.Object.Metadata.OwnerReferences.Select(reference => reference.Uid).Where(uid => states[uid] == OwnerState.Present));
            }
        });

    [Fact]
    public void DecideOwner_NotDeleting_PlansNothing()
    {
        var owner = Item("owner");
        owner.Object.Metadata.Finalizers = ["foregroundDeletion"];

        GarbageCollector.DecideOwner(owner, []).ShouldBeSameAs(Plan.Nothing);
    }

    [Fact]
    public void DecideOwner_ForegroundWithBlockingDependent_Waits() =>
        GarbageCollector.DecideOwner(Deleting(Item("owner"), "foregroundDeletion"), [Item("pod", "owner")]).ShouldBeSameAs(Plan.Nothing);

    [Fact]
    public void DecideOwner_ForegroundWithoutBlockingDependent_GoesOn()
    {
        var unblocking = Item("pod", "owner");
        unblocking.Object.Metadata.OwnerReferences[0].BlockOwnerDeletion = null;

        GarbageCollector.DecideOwner(Deleting(Item("owner"), "foregroundDeletion", "other"), [unblocking])
            .Actions.ShouldHaveSingleItem().ShouldBeOfType<UpdateObject>().Object.Metadata.Finalizers.ShouldBe(["other"]);
    }

    [Fact]
    public void DecideOwner_Orphan_ReleasesDependentsAndOnlyThenGoesOn()
    {
        var owner = Deleting(Item("owner"), "orphan");

        var releases = GarbageCollector.DecideOwner(owner, [Item("b", "owner", "other"), Item("a", "owner")]);

        releases.Actions.Cast<UpdateObject>().Select(update => (update.Object.Metadata.Name, Owners: update.Object.Metadata.OwnerReferences?.Count ?? 0))
            .ShouldBe([("a", 0), ("b", 1)]);
        releases.RequeueAfter.ShouldBe(TimeSpan.Zero);
        GarbageCollector.DecideOwner(owner, []).Actions.ShouldHaveSingleItem().ShouldBeOfType<UpdateObject>().Object.ShouldSatisfyAllConditions(
            obj => obj.Metadata.Name.ShouldBe("owner"),
            obj => obj.Metadata.Finalizers.ShouldBeNull());
    }

    [Fact]
    public void DecideOwner_ManyOrphans_ReleasesThemInPortions()
    {
        var dependents = Enumerable.Range(0, 1_100).Select(i => Item($"pod-{i:D4}", "owner")).ToList();

        GarbageCollector.DecideOwner(Deleting(Item("owner"), "orphan"), dependents).Actions.Count.ShouldBe(GarbageCollector.DependentsMax);
    }

    private static Plan Decide(CollectedObject item, Dictionary<string, OwnerState> states, params CollectedObject[] dependents) =>
        GarbageCollector.DecideDependent(item, reference => states[reference.Uid], () => dependents);

    private static CollectedObject Item(string name, params string[] owners)
    {
        var pod = Samples.Pod(name);
        pod.Metadata.Uid = name;
        pod.Metadata.ResourceVersion = "1";
        pod.Metadata.OwnerReferences = owners.Length == 0 ? null : [.. owners.Select(owner => Samples.Owner(owner, controller: null))];
        return new CollectedObject(WellKnownResources.Pods, pod);
    }

    private static CollectedObject Deleting(CollectedObject item, params string[] finalizers)
    {
        item.Object.Metadata.DeletionTimestamp = ClusterModel.Start.UtcDateTime;
        item.Object.Metadata.Finalizers = finalizers;
        return item;
    }
}
