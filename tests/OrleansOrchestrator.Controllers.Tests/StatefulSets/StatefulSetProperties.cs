using CsCheck;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Controllers.StatefulSets;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.Tests.StatefulSets;

/// <summary>Whatever happens to pods, and wherever the controller breaks off, the order holds and the declared state comes true.</summary>
public sealed class StatefulSetProperties
{
    private enum Act
    {
        Reconcile,
        ReconcileInPart,
        Attend,
        Unready,
        Fail,
        Remove,
        Scale,
        Update,
        RollBack,
        Collect,
    }

    private static readonly Gen<(Act Act, int Which)[]> Acts = Gen.Select(
        Gen.Frequency((10, Gen.Const(Act.Reconcile)), (6, Gen.Const(Act.ReconcileInPart)), (12, Gen.Const(Act.Attend)), (2, Gen.Const(Act.Unready)), (1, Gen.Const(Act.Fail)),
            (1, Gen.Const(Act.Remove)), (2, Gen.Const(Act.Scale)), (1, Gen.Const(Act.Update)), (1, Gen.Const(Act.RollBack)), (2, Gen.Const(Act.Collect))),
        Gen.Int[0, 30]).Array[0, 100];

    private static readonly Gen<(string Policy, int? MaxUnavailable, string WhenScaled, int Start)> Shapes = Gen.Select(
        Any.Of("OrderedReady", "Parallel"), Any.Of<int?>(null, 1, 2), Any.Of("Retain", "Delete"), Any.Of(0, 3));

    [Fact]
    public void Run_WhateverHappens_KeepsItsOrderAndEndsInTheDeclaredState() =>
        Gen.Select(Acts, Shapes).Sample((acts, shape) =>
        {
            var model = ModelOf(shape);
            foreach (var (act, which) in acts)
                Do(model, act, which, shape);

            model.Run();

            var wanted = Enumerable.Range(shape.Start, model.Set.WantedReplicas).ToList();
            model.Names.ShouldBe(wanted.Select(ordinal => $"db-{ordinal}"));
            model.Images.Distinct().Except([model.Set.Spec.Template.Spec.Containers[0].Image]).ShouldBeEmpty();
            foreach (var ordinal in wanted)
                model.Claims.Select(claim => claim.Metadata.Name).ShouldContain($"data-db-{ordinal}");
            if (shape.WhenScaled == "Delete")
                model.Claims.Where(claim => claim.Metadata.OwnerReferences is { Count: > 0 }).ShouldBeEmpty();
            model.Set.Status.CurrentRevision.ShouldBe(model.Set.Status.UpdateRevision);
            (model.Set.Status.Replicas, model.Set.Status.AvailableReplicas, model.Set.Status.UpdatedReplicas ?? 0).ShouldBe((wanted.Count, wanted.Count, wanted.Count));
            model.Plan().Actions.ShouldBeEmpty();
        }, iter: 500);

    [Fact]
    public void Reconcile_ShuffledLists_PlansTheSame() =>
        Gen.Select(Acts, Shapes, Gen.Int).Sample((acts, shape, seed) =>
        {
            var reconciler = new StatefulSetReconciler();
            var model = ModelOf(shape);
            foreach (var (act, which) in acts)
                Do(model, act, which, shape);
            var seen = model.Cluster.Observe(reconciler, StatefulModel.Key);
            var other = new Observation(StatefulModel.Key, seen.Primary, reconciler.Relations.ToDictionary(relation => relation, relation =>
            {
                var related = seen.Related(relation).ToArray();
                new Random(seed).Shuffle(related);
                return (IReadOnlyList<RelatedObject>)related;
            }), seen.Now);

            PlanText.Of(reconciler.Reconcile(other)).ShouldBe(PlanText.Of(reconciler.Reconcile(seen)));
        }, iter: 100);

    [Fact]
    public void Update_ToATemplateThatDoesNotWork_TakesNoMorePodsThanMayBeUnavailable() =>
        Gen.Select(Acts, Shapes, Gen.Int[1, 4]).Sample((acts, shape, replicas) =>
        {
            var model = ModelOf(shape);
            model.Scale(replicas);
            model.Run();
            model.Cluster.Now += TimeSpan.FromMinutes(1);
            model.SetImage("broken");

            foreach (var (act, which) in acts)
            {
                model.Cluster.Now += TimeSpan.FromSeconds(1);
                // What is taken away by others comes back as the template says.
                if (act is Act.Reconcile or Act.ReconcileInPart or Act.Unready || (act is Act.Attend && model.Pods.Count > 0 && IsAttended(model.Pods[which % model.Pods.Count])))
                    Do(model, act, which, shape);

                model.Images.Count(image => image == "one").ShouldBeGreaterThanOrEqualTo(replicas - (shape.MaxUnavailable ?? 1));
            }

            static bool IsAttended(V1Pod pod) => pod.IsDeleting || pod.Spec.Containers[0].Image == "one";
        }, iter: 200);

    private static StatefulModel ModelOf((string Policy, int? MaxUnavailable, string WhenScaled, int Start) shape) => new(3, set =>
    {
        set.Spec.PodManagementPolicy = shape.Policy;
        set.Spec.Ordinals = new V1StatefulSetOrdinals { Start = shape.Start };
        set.Spec.UpdateStrategy.RollingUpdate.MaxUnavailable = shape.MaxUnavailable is { } max ? max : null;
        set.Spec.PersistentVolumeClaimRetentionPolicy = new V1StatefulSetPersistentVolumeClaimRetentionPolicy { WhenScaled = shape.WhenScaled, WhenDeleted = "Retain" };
        set.Spec.VolumeClaimTemplates = [new V1PersistentVolumeClaim { Metadata = new V1ObjectMeta { Name = "data" }, Spec = new V1PersistentVolumeClaimSpec() }];
    });

    private static void Do(StatefulModel model, Act act, int which, (string Policy, int? MaxUnavailable, string WhenScaled, int Start) shape)
    {
        var pod = model.Pods.Count > 0 ? model.Pods[which % model.Pods.Count] : null;
        switch (act)
        {
            case Act.Reconcile:
                Apply(model, int.MaxValue, shape.Policy, shape.MaxUnavailable);
                break;
            case Act.ReconcileInPart:
                Apply(model, which % 4, shape.Policy, shape.MaxUnavailable);
                break;
            case Act.Attend when pod is not null:
                model.Attend(pod);
                break;
            case Act.Unready when pod is { IsReady: true, IsDeleting: false }:
                model.SetReady(pod, false);
                break;
            case Act.Fail when pod is { IsDeleting: false }:
                model.SetPhase(pod, "Failed");
                break;
            case Act.Remove when pod is not null:
                model.Cluster.Remove(pod);
                break;
            case Act.Scale:
                model.Scale(which % 5);
                break;
            case Act.Update:
                model.SetImage($"image-{which}");
                break;
            case Act.RollBack:
                model.SetImage("one");
                break;
            case Act.Collect:
                model.Collect();
                break;
        }
    }

    /// <summary>Applies a plan, or the beginning of one, and checks what it did.</summary>
    private static void Apply(StatefulModel model, int actionsMax, string policy, int? maxUnavailable)
    {
        var set = model.Set;
        var before = model.Pods.ToDictionary(pod => set.OrdinalOf(pod.Metadata.Name)!.Value);
        var plan = model.Plan();

        // Two pods of one ordinal cannot be: the model refuses a second one of a name.
        model.Cluster.Apply(plan.Actions.Take(actionsMax));

        var after = model.Pods.ToDictionary(pod => set.OrdinalOf(pod.Metadata.Name)!.Value);
        var created = after.Keys.Except(before.Keys).ToList();
        var deleted = before.Where(pod => !pod.Value.IsDeleting && (!after.TryGetValue(pod.Key, out var now) || now.IsDeleting)).Select(pod => pod.Key).ToList();
        created.Where(ordinal => !set.Wants(ordinal)).ShouldBeEmpty();
        // A claim never goes with a pod that the set wants.
        foreach (var ordinal in deleted.Where(set.Wants))
            model.Claims.Where(claim => claim.Metadata.Name == $"data-db-{ordinal}").SelectMany(claim => claim.Metadata.OwnerReferences ?? []).ShouldBeEmpty();
        if (policy == "Parallel")
            return;

        (created.Count + deleted.Count).ShouldBeLessThanOrEqualTo(Math.Max(1, maxUnavailable ?? 1));
        foreach (var ordinal in created.Concat(deleted.Where(set.Wants)))
        {
            for (var lower = set.FirstOrdinal; lower < ordinal; lower++)
            {
                var predecessor = before.GetValueOrDefault(lower).ShouldNotBeNull($"db-{ordinal} was acted on while db-{lower} was missing");
                (predecessor is { IsReady: true, IsDeleting: false }).ShouldBeTrue($"db-{ordinal} was acted on while db-{lower} was not ready");
            }
        }

        // What serves is taken away only when nothing else is missing, or as far as may be.
        if (deleted.Where(set.Wants).Any(ordinal => before[ordinal].IsReady))
        {
            Enumerable.Range(set.FirstOrdinal, set.WantedReplicas).Count(ordinal => !after.TryGetValue(ordinal, out var now) || !now.IsReady || now.IsDeleting)
                .ShouldBeLessThanOrEqualTo(maxUnavailable ?? 1);
        }
    }
}
