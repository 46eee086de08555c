using CsCheck;
using OrleansOrchestrator.Controllers.DaemonSets;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.Tests.Convergence;

/// <summary>
/// Owners of every kind in one namespace, whose pods users move from one to the other, orphan, delete and break, while controllers die
/// in the middle of their plans: all that is declared comes true, and everything comes to rest.
/// </summary>
public sealed class ManyOwnersProperties
{
    private enum Act
    {
        Reconcile,
        ReconcileInPart,
        Attend,
        Relabel,
        Orphan,
        OrphanSet,
        RelabelSet,
        Delete,
        Fail,
        Scale,
        Update,
        UpdateDaemon,
        Cordon,
    }

    private static readonly Gen<(Act Act, int Which, int What)[]> Acts = Gen.Select(
        Gen.Frequency(
            (10, Gen.Const(Act.Reconcile)), (5, Gen.Const(Act.ReconcileInPart)), (20, Gen.Const(Act.Attend)), (5, Gen.Const(Act.Relabel)), (4, Gen.Const(Act.Orphan)),
            (1, Gen.Const(Act.OrphanSet)), (1, Gen.Const(Act.RelabelSet)), (3, Gen.Const(Act.Delete)), (3, Gen.Const(Act.Fail)), (2, Gen.Const(Act.Scale)),
            (1, Gen.Const(Act.Update)), (1, Gen.Const(Act.UpdateDaemon)), (1, Gen.Const(Act.Cordon))),
        Gen.Int[0, 1000], Gen.Int[0, 5]).Array[0, 60];

    [Fact]
    public void Run_WhateverUsersDoToPods_EndsInWhatIsDeclared() => Acts.Sample(
        acts =>
        {
            var model = new ManyOwnersModel();
            foreach (var (act, which, what) in acts)
                Do(model, act, which, what);

            // What users left without an owner that wants it they take away: somebody may wait for its name.
            model.TryRun(10);
            foreach (var stray in model.Pods.Where(IsStray))
                model.Cluster.Remove(stray);
            foreach (var node in model.Cluster.All<V1Node>())
                model.Change(node, free => free.Spec.Taints = null);
            model.Run();

            Check(model);
        }, iter: 150);

    private static bool IsStray(V1Pod pod) =>
        pod.Controller is not { } owner || (pod.Metadata.Name.StartsWith("ordered-", StringComparison.Ordinal) && owner.Name != "ordered");

    private static void Do(ManyOwnersModel model, Act act, int which, int what)
    {
        var pod = model.Pods.Count > 0 ? model.Pods[which % model.Pods.Count] : null;
        var sets = model.Cluster.All<V1ReplicaSet>();
        var set = sets[which % sets.Count];
        switch (act)
        {
            case Act.Reconcile:
                model.Reconcile();
                break;
            case Act.ReconcileInPart:
                model.Reconcile(what);
                break;
            case Act.Attend when pod is not null:
                model.Attend(pod);
                break;
            case Act.Relabel when pod is not null:
                model.Change(pod, moved => moved.Metadata.Labels["app"] = ManyOwnersModel.Apps[what]);
                break;
            case Act.Orphan when pod is not null:
                model.Change(pod, orphaned => orphaned.Metadata.OwnerReferences = null);
                break;
            case Act.OrphanSet:
                model.Change(set, orphaned => orphaned.Metadata.OwnerReferences = null);
                break;
            case Act.RelabelSet when set.Controller is not null:
                model.Change(set, moved => moved.Metadata.Labels["app"] = what % 2 == 0 ? ManyOwnersModel.Deployed : "elsewhere");
                break;
            case Act.Delete when pod is { IsDeleting: false }:
                model.Change(pod, deleted => (deleted.Metadata.DeletionTimestamp, deleted.Metadata.DeletionGracePeriodSeconds) = (model.Cluster.Now.UtcDateTime, 30));
                break;
            case Act.Fail when pod is { IsTerminal: false }:
                model.Change(pod, failed => failed.Status = new V1PodStatus { Phase = PodPhase.Failed });
                break;
            case Act.Scale:
                Scale(model, which, what);
                break;
            case Act.Update:
                model.Change(model.Find<V1Deployment>(ManyOwnersModel.Deployed), updated =>
                {
                    updated.Spec.Template.Spec.Containers[0].Image = $"image-{what}";
                    updated.Metadata.Generation++;
                });
                break;
            case Act.UpdateDaemon:
                model.Change(model.Find<V1DaemonSet>("daemon"), updated =>
                {
                    updated.Spec.Template.Spec.Containers[0].Image = $"image-{what}";
                    updated.Metadata.Generation++;
                });
                break;
            case Act.Cordon:
                var nodes = model.Cluster.All<V1Node>();
                model.Change(nodes[which % nodes.Count], tainted => tainted.Spec.Taints = [new V1Taint { Key = "theirs", Effect = what % 2 == 0 ? "NoExecute" : "NoSchedule" }]);
                break;
        }
    }

    private static void Scale(ManyOwnersModel model, int which, int what)
    {
        switch (which % 4)
        {
            case 0:
                model.Change(model.Find<V1ReplicationController>("counted"), scaled => scaled.Spec.Replicas = what);
                break;
            case 1:
                model.Change(model.Find<V1ReplicaSet>("set"), scaled => scaled.Spec.Replicas = what);
                break;
            case 2:
                model.Change(model.Find<V1Deployment>(ManyOwnersModel.Deployed), scaled => scaled.Spec.Replicas = what);
                break;
            default:
                model.Change(model.Find<V1StatefulSet>("ordered"), scaled => scaled.Spec.Replicas = what);
                break;
        }
    }

    private static void Check(ManyOwnersModel model)
    {
        model.Pods.Where(pod => pod.IsActive && pod.Controller is null).ShouldBeEmpty();
        var counted = model.Find<V1ReplicationController>("counted");
        ActiveOf(counted).ShouldBe(counted.Spec.Replicas!.Value);
        var set = model.Find<V1ReplicaSet>("set");
        ActiveOf(set).ShouldBe(set.Spec.Replicas!.Value);
        var deployment = model.Find<V1Deployment>(ManyOwnersModel.Deployed);
        var deployed = model.Cluster.All<V1ReplicaSet>().Where(one => one.Controller?.Uid == deployment.Metadata.Uid).SelectMany(model.PodsOf).Where(pod => pod.IsActive).ToList();
        deployed.Count.ShouldBe(deployment.Spec.Replicas!.Value);
        deployed.Select(pod => pod.Spec.Containers[0].Image).ShouldAllBe(image => image == deployment.Spec.Template.Spec.Containers[0].Image);
        var daemons = model.PodsOf(model.Find<V1DaemonSet>("daemon")).Where(pod => pod.IsActive).ToList();
        daemons.Select(DaemonPods.NodeOf).Order(StringComparer.Ordinal).ShouldBe(["n1", "n2"]);
        var ordered = model.Find<V1StatefulSet>("ordered");
        model.PodsOf(ordered).Where(pod => pod.IsActive).Select(pod => pod.Metadata.Name).Order(StringComparer.Ordinal)
            .ShouldBe(Enumerable.Range(0, ordered.Spec.Replicas!.Value).Select(i => $"ordered-{i}"));
        ActiveOf(model.Find<V1Job>("task")).ShouldBe(2);

        int ActiveOf(KubeObject owner) => model.PodsOf(owner).Count(pod => pod.IsActive);
    }
}
