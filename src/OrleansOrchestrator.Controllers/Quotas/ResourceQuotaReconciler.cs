using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.Core.Quotas;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Quotas;

/// <summary>
/// Keeps the usage in the status of a ResourceQuota. Admission does not depend on it: the store enforces the quota by its own
/// count. The sum follows from the objects alone, and never from the status, so that it cannot drift.
/// </summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/resourcequota.</remarks>
public sealed class ResourceQuotaReconciler : IReconciler
{
    // Kinds that nobody follows tell of no change. Only the status waits for this, and each look costs a read of the newest state.
    private static readonly TimeSpan LookAgainAtOthers = TimeSpan.FromSeconds(10);

    private static readonly CountedByQuota Counted = new();

    /// <inheritdoc/>
    public string Name => "resourcequota-controller";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.ResourceQuotas;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Counted];

    /// <inheritdoc/>
    public bool DecidesByPart => true;

    /// <inheritdoc/>
    public TimeSpan BatchPeriod => TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1ResourceQuota quota)
            return Plan.Nothing;
        var limits = CountedByQuota.LimitsOf(quota);
        var basis = (quota.Metadata.Uid, JsonSerializer.Serialize(quota.Spec, ObjectCodec.Options));
        var prior = observation.Summary as QuotaTally;
        if (prior is not null && prior.Basis != basis)
            return new Plan { NeedsAllParts = true };

        var tally = (prior ?? new QuotaTally { Basis = basis }).With(limits, UsagesOf(observation), observation.Now);
        var used = limits.Hard.Keys.ToDictionary(name => name, name => tally.Used.GetValueOrDefault(name), StringComparer.Ordinal);
        var areAllWatched = limits.Resources.All(Counted.Watched.Contains);
        var lookAgain = areAllWatched ? (TimeSpan?)null : LookAgainAtOthers;
        if (tally.NextEnd is { } end)
            lookAgain = Earlier(lookAgain, end - observation.Now + TimeSpan.FromMilliseconds(1));

        var updated = ObjectCodec.Clone(quota);
        updated.Status = new V1ResourceQuotaStatus
        {
            Hard = limits.Hard.ToDictionary(limit => limit.Key, limit => limit.Value.ToResourceQuantity()),
            Used = used.ToDictionary(amount => amount.Key, amount => amount.Value.ToResourceQuantity()),
        };
        return new Plan
        {
            Actions = IsSame(quota.Status?.Hard, updated.Status.Hard) && IsSame(quota.Status?.Used, updated.Status.Used)
                ? []
                : [new UpdateStatus(WellKnownResources.ResourceQuotas, updated)],
            RequeueAfter = lookAgain,
            Summary = areAllWatched ? tally : null,
        };
    }

    /// <summary>What the observed objects use: all of them, or those that may have changed.</summary>
    private static IEnumerable<(string Part, ObjectUsage? Usage)> UsagesOf(Observation observation)
    {
        var present = observation.Related(Counted).ToDictionary(
            related => QuotaTally.PartOf(related.Resource, related.Object.Metadata.Name), related => ((CountedObject)related.Object).Usage, StringComparer.Ordinal);
        return observation.Parts.Union(present.Keys).Select(part => (part, present.GetValueOrDefault(part)));
    }

    private static TimeSpan Earlier(TimeSpan? one, TimeSpan other) => one is { } known && known < other ? known : other;

    private static bool IsSame(IDictionary<string, ResourceQuantity>? left, IDictionary<string, ResourceQuantity> right) =>
        (left?.Count ?? 0) == right.Count
        && right.All(amount => left!.TryGetValue(amount.Key, out var other) && Quantity.From(amount.Value) == Quantity.From(other));
}
