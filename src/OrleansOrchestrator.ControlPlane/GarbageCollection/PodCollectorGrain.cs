using k8s.Models;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using OrleansOrchestrator.Controllers.PodCollection;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.ControlPlane.Controllers;
using OrleansOrchestrator.ControlPlane.Grains;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.GarbageCollection;

/// <inheritdoc cref="IPodCollectorGrain"/>
/// <remarks>It counts in the cache, and reads the pods only if they are too many.</remarks>
[Reentrant]
[KeepAlive]
[PreferLocalPlacement]
internal sealed class PodCollectorGrain(
    PlanApplier applier, WatchCaches caches, ResourceRegistry registry, ControllerOptions options, TimeProvider time, ILogger<PodCollectorGrain> logger)
    : LoopingGrain, IPodCollectorGrain
{
    private const string Component = "pod-garbage-collector";
    private const string PhaseField = "status.phase";

    private static readonly ControllerIdentity Identity = ControllerIdentity.Of(Component, ControllerUsers.ServiceAccount(Component));

    protected override IEnumerable<Task> StartLoops() => [SupervisedLoop.RunAsync("pod collector", CollectAsync, time, logger, Stopping)];

    private async Task<TimeSpan?> CollectAsync(CancellationToken cancellationToken)
    {
        if (options.TerminatedPodsMax == 0)
            return null;
        var pods = registry[WellKnownResources.Pods];
        await caches[pods].EnsureFreshAsync(Freshness.Latest, cancellationToken);
        var ended = caches[pods].Select(ObjectFilter.All).Objects.Where(pod => PodPhase.IsTerminal(pod.Field(PhaseField))).ToList();
        if (ended.Count <= options.TerminatedPodsMax)
            return options.PodCollectionPeriod;
        var deletions = PodCollector.Decide(ended.Select(pod => pod.SharedModel<V1Pod>()), options.TerminatedPodsMax);
        var outcome = await applier.ApplyAsync(Identity, new ObjectReference(pods, default), new Plan { Actions = deletions });
        return outcome.Succeeded && deletions.Count == PodCollector.DeletionsMax ? TimeSpan.Zero : options.PodCollectionPeriod;
    }
}
