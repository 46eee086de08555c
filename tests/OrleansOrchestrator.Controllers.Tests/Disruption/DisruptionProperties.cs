using CsCheck;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Disruption;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Disruption;

public sealed class DisruptionProperties
{
    private const int Wanted = 6;
    private static readonly ObjectKey Key = new(Samples.Namespace, "web");
    private static readonly DisruptionBudgetReconciler Reconciler = new();

    private enum Step
    {
        /// <summary>The reconciler looks; what it wants is written later, or never.</summary>
        Observe,
        Write,

        /// <summary>An eviction is taken from the budget; the pod goes later, or never.</summary>
        Take,
        DeleteTaken,

        /// <summary>Who took an eviction dies. The pod stays, and may be evicted again.</summary>
        LoseTaken,
        Vanish,
        Replace,
        Wait,
    }

    [Fact]
    public void Evictions_AnyInterleaving_LeaveAsManyHealthyPodsAsTheBudgetWants() =>
        Gen.Select(Gen.Int[0, Wanted], Gen.Int[0, (int)Step.Wait].Select(step => (Step)step).Array[0, 60]).Sample((minAvailable, steps) =>
        {
            var run = new Run(minAvailable);
            foreach (var step in steps)
            {
                run.Do(step);
                run.Healthy.ShouldBeGreaterThanOrEqualTo(Math.Min(minAvailable, Wanted), string.Join(' ', steps));
            }

            run.EndAsItShould();
            run.Budget.Status.CurrentHealthy.ShouldBe(run.Cluster.All<V1Pod>().Count(pod => pod.IsReady && pod.IsActive));
        });

    /// <summary>Pods that nothing harms but evictions.</summary>
    private sealed class Run
    {
        private readonly Queue<string> _taken = new();
        private Plan _seen = Plan.Nothing;
        private string? _seenRevision;

        public Run(int minAvailable)
        {
            Cluster.Add(new V1PodDisruptionBudget
            {
                Metadata = new V1ObjectMeta { NamespaceProperty = Samples.Namespace, Name = "web", Generation = 1 },
                Spec = new V1PodDisruptionBudgetSpec { MinAvailable = minAvailable, Selector = new V1LabelSelector { MatchLabels = Samples.Labels("web") } },
            });
            for (var i = 0; i < Wanted; i++)
                Cluster.Add(Samples.Pod($"web-{i}", ready: true));
        }

        public ClusterModel Cluster { get; } = new() { KeepsDeletedPods = true };

        public V1PodDisruptionBudget Budget => Cluster.Find<V1PodDisruptionBudget>(Key)!;

        /// <summary>The healthy pods that are left once all who took an eviction have deleted their pods.</summary>
        public int Healthy => Cluster.All<V1Pod>().Count(pod => pod.IsReady && pod.IsActive && !_taken.Contains(pod.Metadata.Name));

        public void Do(Step step)
        {
            switch (step)
            {
                case Step.Observe:
                    _seen = Reconciler.Reconcile(Cluster.Observe(Reconciler, Key));
                    _seenRevision = Budget.Metadata.ResourceVersion;
                    break;
                case Step.Write when _seenRevision == Budget.Metadata.ResourceVersion:
                    Cluster.Apply(_seen.Actions);
                    break;
                case Step.Take when FindHealthy() is { } pod:
                    var budget = ObjectCodec.Clone(Budget);
                    if (DisruptionBudgets.Take(budget, pod.Metadata.Name, Cluster.Now) is null)
                    {
                        Cluster.Apply([new UpdateStatus(WellKnownResources.PodDisruptionBudgets, budget)]);
                        _taken.Enqueue(pod.Metadata.Name);
                    }

                    break;
                case Step.DeleteTaken when _taken.TryDequeue(out var name):
                    var evicted = Cluster.Find<V1Pod>(new ObjectKey(Samples.Namespace, name))!;
                    Cluster.Apply([new DeleteObject(WellKnownResources.Pods, evicted.Key, evicted.Metadata.Uid, 30)]);
                    break;
                case Step.LoseTaken:
                    _taken.TryDequeue(out _);
                    break;
                case Step.Vanish when Cluster.All<V1Pod>().FirstOrDefault(pod => !pod.IsActive) is { } ended:
                    Cluster.Remove(ended);
                    break;
                case Step.Replace when Enumerable.Range(0, Wanted).FirstOrDefault(i => Cluster.Find<V1Pod>(new ObjectKey(Samples.Namespace, $"web-{i}")) is null, -1) is >= 0 and var free:
                    Cluster.Add(Samples.Pod($"web-{free}", ready: true));
                    break;
                case Step.Wait:
                    // Who took an eviction deletes its pod within the two minutes that it has for it.
                    while (_taken.Count > 0)
                        Do(Step.DeleteTaken);
                    Cluster.Now += TimeSpan.FromSeconds(50);
                    break;
            }
        }

        /// <summary>Lets the evictions that failed be over.</summary>
        public void EndAsItShould()
        {
            Cluster.Now += DisruptionBudgetReconciler.DeletionPatience + TimeSpan.FromSeconds(1);
            Cluster.Settle(Reconciler, Key);
        }

        private V1Pod? FindHealthy() => Cluster.All<V1Pod>().FirstOrDefault(pod => pod.IsReady && pod.IsActive && !_taken.Contains(pod.Metadata.Name));
    }
}
