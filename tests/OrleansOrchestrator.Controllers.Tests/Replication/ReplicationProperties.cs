using CsCheck;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Controllers.Replication;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Replication;

public sealed class ReplicationProperties
{
    private static readonly ObjectKey Key = new(Samples.Namespace, "web");
    private static readonly ReplicationControllerReconciler Reconciler = new();

    private static readonly Gen<V1Pod[]> Pods = Gen.Select(
            Any.Of("web", "other"),
            Any.Of<string?>(null, "uid-of-web", "someone-else"),
            Any.Of("Pending", "Running", "Succeeded", "Failed"),
            Any.Of<string?>(null, "node-1", "node-2"),
            Gen.Bool,
            Any.Rarely(5))
        .Array[0, 12]
        .Select(shapes => shapes.Select((shape, i) => NewPod(i, shape.Item1, shape.Item2, shape.Item3, shape.Item4, shape.Item5, shape.Item6)).ToArray());

    [Fact]
    public void Settle_AnyPods_EndsWithExactlyTheWantedReplicas() =>
        Gen.Select(Pods, Gen.Int[0, 8]).Sample((pods, replicas) =>
        {
            var cluster = ClusterOf(pods, replicas);

            cluster.Settle(Reconciler, Key);

            var active = cluster.All<V1Pod>().Where(pod => pod.IsActive).ToList();
            var own = active.Where(pod => pod.Controller?.Uid == "uid-of-web").ToList();
            own.Count.ShouldBe(replicas);
            own.Select(pod => pod.Metadata.Labels["app"]).Except(["web"]).ShouldBeEmpty();
            active.Where(pod => pod.Controller is null && pod.Metadata.Labels["app"] == "web").ShouldBeEmpty();
            cluster.Find<V1ReplicationController>(Key)!.Status.Replicas.ShouldBe(replicas);
            cluster.Step(Reconciler, Key).Actions.ShouldBeEmpty();
        });

    [Fact]
    public void Settle_SomeWritesRefused_EndsWithExactlyTheWantedReplicas() =>
        Gen.Select(Pods, Gen.Int[0, 8], Gen.Bool.Array[10, 20]).Sample((pods, replicas, refusals) =>
        {
            var cluster = ClusterOf(pods, replicas);
            var next = 0;
            cluster.Refuses = action => action.Subresource != "status" && next < refusals.Length && refusals[next++]
                ? ApiErrors.Forbidden(action.Resource, action.Key.Name, "a reason")
                : null;

            while (next < refusals.Length && cluster.Step(Reconciler, Key).Actions.Count > 0)
            {
                // Whatever is refused is tried again.
            }

            cluster.Settle(Reconciler, Key);

            cluster.All<V1Pod>().Count(pod => pod.IsActive && pod.Controller?.Uid == "uid-of-web").ShouldBe(replicas);
            cluster.Find<V1ReplicationController>(Key)!.Status.Conditions.ShouldBeNull();
        });

    [Fact]
    public void Settle_PodsOfOthersAndEndedPods_StayAsTheyAre() =>
        Gen.Select(Pods, Gen.Int[0, 8]).Sample((pods, replicas) =>
        {
            var untouchable = pods
                .Where(pod => pod.Controller?.Uid == "someone-else" || !pod.IsActive || (pod.Controller is null && pod.Metadata.Labels["app"] == "other"))
                .Select(pod => (pod.Key, Json: ObjectCodec.Encode(pod.Metadata.OwnerReferences)))
                .ToList();
            var cluster = ClusterOf(pods, replicas);

            cluster.Settle(Reconciler, Key);

            foreach (var (key, json) in untouchable)
                ObjectCodec.Encode(cluster.Find<V1Pod>(key).ShouldNotBeNull().Metadata.OwnerReferences).ShouldBe(json);
        });

    [Fact]
    public void Reconcile_ShuffledPods_PlansTheSame() =>
        Gen.Select(Pods, Gen.Int[0, 8], Gen.Int).Sample((pods, replicas, seed) =>
        {
            var cluster = ClusterOf(pods, replicas);
            var seen = cluster.Observe(Reconciler, Key);
            var shuffled = Reconciler.Relations.ToDictionary(relation => relation, relation =>
            {
                var related = seen.Related(relation).ToArray();
                new Random(seed).Shuffle(related);
                return (IReadOnlyList<RelatedObject>)related;
            });
            var other = new Observation(Key, seen.Primary, shuffled, seen.Now);

            PlanText.Of(Reconciler.Reconcile(other)).ShouldBe(PlanText.Of(Reconciler.Reconcile(seen)));
        });

    private static ClusterModel ClusterOf(V1Pod[] pods, int replicas)
    {
        var cluster = new ClusterModel();
        cluster.Add(Samples.Controller(replicas: replicas));
        foreach (var pod in pods)
            cluster.Add(ObjectCodec.Clone(pod));
        return cluster;
    }

    private static V1Pod NewPod(int i, string app, string? owner, string phase, string? node, bool ready, bool deleting)
    {
        var pod = Samples.Pod($"pod-{i:D2}", app, node, ready: ready, phase: phase);
        if (owner is not null)
            pod.OwnedBy(owner);
        if (deleting)
            pod.Metadata.DeletionTimestamp = ClusterModel.Start.UtcDateTime;
        return pod;
    }
}
