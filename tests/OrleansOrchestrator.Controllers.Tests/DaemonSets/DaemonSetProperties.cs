using CsCheck;
using OrleansOrchestrator.Controllers.DaemonSets;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.Tests.DaemonSets;

/// <summary>Whatever happens to nodes and pods, and wherever the controller breaks off, the bounds hold and the declared state comes true.</summary>
public sealed class DaemonSetProperties
{
    private const int NodesMax = 5;

    private enum Act
    {
        Reconcile,
        ReconcileInPart,
        Attend,
        Unready,
        Fail,
        Taint,
        Untaint,
        Orphan,
        Relabel,
        Update,
        RollBack,
        Wait,
    }

    private static readonly Gen<(Act Act, int Which)[]> Acts = Gen.Select(
        Gen.Frequency((8, Gen.Const(Act.Reconcile)), (5, Gen.Const(Act.ReconcileInPart)), (12, Gen.Const(Act.Attend)), (2, Gen.Const(Act.Unready)),
            (1, Gen.Const(Act.Fail)), (1, Gen.Const(Act.Taint)), (1, Gen.Const(Act.Untaint)), (1, Gen.Const(Act.Update)), (1, Gen.Const(Act.RollBack)), (1, Gen.Const(Act.Wait))),
        Gen.Int[0, 30]).Array[0, 80];

    // What takes pods from the set, and gives others to it.
    private static readonly Gen<(Act Act, int Which)[]> ActsWithStrangers =
        Gen.Select(Acts, Gen.Select(Any.Of(Act.Orphan, Act.Relabel), Gen.Int[0, 30]).Array[0, 6], Gen.Int, (acts, others, seed) =>
        {
            (Act, int)[] all = [.. acts, .. others];
            new Random(seed).Shuffle(all.AsSpan(acts.Length / 2));
            return all;
        });

    private static readonly Gen<(int Unavailable, int Surge)> Strategies = Any.Of((1, 0), (2, 0), (0, 1), (0, 2));

    [Fact]
    public void Run_WhateverHappens_KeepsItsBoundsAndEndsInTheDeclaredState() =>
        Gen.Select(Acts, Strategies, Gen.Int[1, NodesMax]).Sample((acts, strategy, nodes) =>
        {
            var model = new DaemonModel(
                set => set.Spec.UpdateStrategy.RollingUpdate = new V1RollingUpdateDaemonSet { MaxUnavailable = strategy.Unavailable, MaxSurge = strategy.Surge },
                [.. Enumerable.Range(0, nodes).Select(i => $"n{i}")]);
            foreach (var (act, which) in acts)
                Do(model, act, which, strategy);

            foreach (var node in model.Cluster.All<V1Node>())
                model.ChangeNode(node.Metadata.Name, changed => changed.Spec.Taints = []);
            // A failed pod waits for its back-off.
            model.Run(() => model.Cluster.Now += TimeSpan.FromMinutes(20));

            model.NodesOfPods.ShouldBe(Enumerable.Range(0, nodes).Select(i => $"n{i}"));
            model.Pods.Select(pod => pod.Spec.Containers[0].Image).Except([model.Set.Spec.Template.Spec.Containers[0].Image]).ShouldBeEmpty();
            model.Set.Status.UpdatedNumberScheduled.ShouldBe(nodes);
            model.Set.Status.NumberAvailable.ShouldBe(nodes);
            model.Revisions.Select(revision => revision.Revision).ShouldBeUnique();
            model.Plan().Actions.ShouldBeEmpty();
        }, iter: 500);

    [Fact]
    public void Reconcile_ShuffledLists_PlansTheSame() =>
        Gen.Select(Acts, Strategies, Gen.Int).Sample((acts, strategy, seed) =>
        {
            var reconciler = new DaemonSetReconciler();
            var model = new DaemonModel(
                set => set.Spec.UpdateStrategy.RollingUpdate = new V1RollingUpdateDaemonSet { MaxUnavailable = strategy.Unavailable, MaxSurge = strategy.Surge }, "n0", "n1", "n2");
            foreach (var (act, which) in acts)
                Do(model, act, which, strategy);
            var seen = model.Cluster.Observe(reconciler, DaemonModel.Key);
            var other = new Observation(DaemonModel.Key, seen.Primary, reconciler.Relations.ToDictionary(relation => relation, relation =>
            {
                var related = seen.Related(relation).ToArray();
                new Random(seed).Shuffle(related);
                return (IReadOnlyList<RelatedObject>)related;
            }), seen.Now);

            PlanText.Of(reconciler.Reconcile(other)).ShouldBe(PlanText.Of(reconciler.Reconcile(seen)));
        }, iter: 100);

    [Fact]
    public void Look_AtWhatHasChanged_PlansWhatALookAtEverythingDoes() =>
        Gen.Select(ActsWithStrangers, Strategies, Gen.Int[1, NodesMax], Gen.Int[0, 5]).Sample((acts, strategy, nodes, minReadySeconds) =>
        {
            var reconciler = new DaemonSetReconciler();
            var model = new DaemonModel(
                set =>
                {
                    set.Spec.MinReadySeconds = minReadySeconds;
                    set.Spec.UpdateStrategy.RollingUpdate = new V1RollingUpdateDaemonSet { MaxUnavailable = strategy.Unavailable, MaxSurge = strategy.Surge };
                },
                [.. Enumerable.Range(0, nodes).Select(i => $"n{i}")]);
            var look = new PartialLook(model.Cluster, reconciler, DaemonModel.Key);
            foreach (var (act, which) in acts)
            {
                if (act is not (Act.Reconcile or Act.ReconcileInPart))
                {
                    Do(model, act, which, strategy);
                    continue;
                }

                var plan = look.Take();
                PlanText.Of(plan).ShouldBe(PlanText.Of(model.Plan()));
                model.Cluster.Apply(plan.Actions.Take(act == Act.Reconcile ? int.MaxValue : which % 4));
            }
        }, iter: 150);

    private static void Do(DaemonModel model, Act act, int which, (int Unavailable, int Surge) strategy)
    {
        var pod = model.Pods.Count > 0 ? model.Pods[which % model.Pods.Count] : null;
        var nodes = model.Cluster.All<V1Node>();
        var node = nodes[which % nodes.Count].Metadata.Name;
        switch (act)
        {
            case Act.Reconcile:
                Apply(model, int.MaxValue, strategy);
                break;
            case Act.ReconcileInPart:
                Apply(model, which % 4, strategy);
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
            case Act.Taint:
                model.ChangeNode(node, changed => changed.Spec.Taints = [DaemonModel.Taint("theirs", which % 2 == 0 ? "NoSchedule" : "NoExecute")]);
                break;
            case Act.Untaint:
                model.ChangeNode(node, changed => changed.Spec.Taints = []);
                break;
            case Act.Orphan when pod is { IsDeleting: false }:
                model.ChangePod(pod, changed => changed.Metadata.OwnerReferences = null);
                break;
            case Act.Relabel when pod is { IsDeleting: false }:
                model.ChangePod(pod, changed => changed.Metadata.Labels["app"] = changed.Metadata.Labels["app"] == "agent" ? "other" : "agent");
                break;
            case Act.Update:
                model.SetImage($"image-{which}");
                break;
            case Act.RollBack:
                model.SetImage("one");
                break;
            case Act.Wait:
                model.Cluster.Now += TimeSpan.FromSeconds(which);
                break;
        }
    }

    /// <summary>Applies a plan, or the beginning of one, and checks what it did.</summary>
    private static void Apply(DaemonModel model, int actionsMax, (int Unavailable, int Surge) strategy)
    {
        var plan = model.Plan();
        var before = model.Pods.ToList();
        var meant = model.Cluster.All<V1Node>().Where(node => node.Spec.Taints.Count == 0).Select(node => node.Metadata.Name).ToList();
        var servedBefore = Served(before).ToHashSet();
        var doubledBefore = Doubled(before).ToHashSet();

        model.Cluster.Apply(plan.Actions.Take(actionsMax));

        // The plan takes no node below the limit: what served and does not any more was within it. That a node is left because
        // it is tainted is no matter of an update.
        var served = Served(model.Pods).ToHashSet();
        if (meant.Exists(name => servedBefore.Contains(name) && !served.Contains(name)))
            meant.Count(name => !served.Contains(name)).ShouldBeLessThanOrEqualTo(Math.Max(strategy.Unavailable, strategy.Surge > 0 ? 0 : 1));
        // No node gets a second pod beside one that serves unless the surge allows it.
        var doubled = Doubled(model.Pods).Where(served.Contains).ToList();
        if (doubled.Exists(name => !doubledBefore.Contains(name)))
            doubled.Count.ShouldBeLessThanOrEqualTo(strategy.Surge + doubledBefore.Count(name => !servedBefore.Contains(name)));
        model.Pods.Where(pod => pod.IsActive).GroupBy(DaemonPods.NodeOf).Where(group => group.Count() > (strategy.Surge > 0 ? 2 : 1)).ShouldBeEmpty();
    }

    private static IEnumerable<string?> Served(IEnumerable<V1Pod> pods) => pods.Where(pod => pod.IsReady && pod.IsActive).Select(DaemonPods.NodeOf);

    private static IEnumerable<string?> Doubled(IEnumerable<V1Pod> pods) =>
        pods.Where(pod => pod.IsActive).GroupBy(DaemonPods.NodeOf).Where(group => group.Count() > 1).Select(group => group.Key);
}
