using k8s.Models;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Kinds.Core.Quotas;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>
/// Tells the store which quotas a write must keep to: the last stage before the commit, which counts (<see cref="QuotaLedger"/>). Refuses a
/// pod that does not say what a quota has to know.
/// </summary>
/// <remarks>
/// A quota counts from when its creation is acknowledged: until then the store waits for all caches that trust themselves. A namespace
/// without quotas costs a look-up in an index. See k8s.io/apiserver/pkg/admission/plugin/resourcequota.
/// </remarks>
internal sealed class ResourceQuotaAdmission(WatchCaches caches, Informers informers, ResourceRegistry registry, TimeProvider time) : IKnownQuotas
{
    // A cache of this silo is behind for milliseconds, and for longer only if the store of quotas is not reached.
    private static readonly TimeSpan CatchUpWithin = TimeSpan.FromMilliseconds(250);

    private readonly ResourceDefinition _kind = registry[WellKnownResources.ResourceQuotas];
    private readonly ObjectIndex<string, Quota> _quotas = informers.Index<string, Quota>(registry[WellKnownResources.ResourceQuotas], EntriesOf);

    /// <inheritdoc/>
    public async ValueTask<bool> TryCatchUpAsync()
    {
        if (caches[_kind].IsCurrent)
            return true;
        using var enough = new CancellationTokenSource(CatchUpWithin, time);
        try
        {
            await _quotas.EnsureCurrentAsync(enough.Token);
            return true;
        }
        catch (Exception unreached) when (unreached is ApiException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<QuotaLimit> Find(ResourceName resource, string @namespace) =>
        [.. About(resource, _quotas.Find(@namespace)).Select(quota => quota.Told)];

    /// <summary>Puts the quotas of the namespace on a request.</summary>
    /// <exception cref="ApiException">403: a quota needs to know more, or a dry run would exceed it.</exception>
    public async ValueTask<AdmissionRequest> LimitAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        if (!Counts(request))
            return request;
        await _quotas.EnsureCurrentAsync(cancellationToken);
        var quotas = About(request.Definition.Name, _quotas.Find(request.Key.Namespace)).ToList();
        foreach (var quota in quotas)
        {
            if (quota.Limits.FindMissing(request.Written) is { } missing)
                throw ApiErrors.Forbidden(request.Definition.Name, request.Key.Name, missing);
        }

        if (request.IsDryRun && quotas.Count > 0)
            await JudgeDryAsync(request, quotas, cancellationToken);

        // Without quotas the list is empty: the store judges the write by those that have come by then.
        return request with { Quotas = quotas.ConvertAll(quota => quota.Told) };
    }

    private static IEnumerable<Quota> About(ResourceName resource, IReadOnlyList<Quota> quotas) => quotas.Count == 0
        ? []
        : quotas.Where(quota => quota.Limits.Resources.Contains(resource)).OrderBy(quota => quota.Limits.Name, StringComparer.Ordinal);

    // What objects take changes with their creation, and otherwise where their fields say how much it is, or which quotas are about them.
    private static bool Counts(AdmissionRequest request) => request.Definition.Namespaced && (request.Operation, request.Subresource) switch
    {
        (AdmissionOperation.Create, "") => true,
        (AdmissionOperation.Update, PodResize.Subresource) => request.Object is V1Pod,
        (AdmissionOperation.Update, "") => request.Object is V1Service or V1PersistentVolumeClaim
            || (request.Object is V1Pod pod && request.OldObject is V1Pod old && QuotaLimits.ChangesScopes(old, pod)),
        _ => false,
    };

    /// <summary>A dry run does not come to the store: it is judged by the newest state that anybody can see.</summary>
    private async Task JudgeDryAsync(AdmissionRequest request, IEnumerable<Quota> quotas, CancellationToken cancellationToken)
    {
        var resource = request.Definition.Name;
        var cache = caches[request.Definition];
        await cache.EnsureFreshAsync(Freshness.Latest, cancellationToken);
        var now = time.GetUtcNow();
        var present = cache.Select(ObjectFilter.InNamespace(request.Key.Namespace)).Objects;
        foreach (var quota in quotas.Select(quota => quota.Limits))
        {
            var used = new Dictionary<string, Quantity>(StringComparer.Ordinal);
            foreach (var obj in present)
                quota.Add(used, quota.UsageOf(obj).At(now), resource);
            if (quota.FindExcess(used, quota.UsageOf(request.Current).At(now), quota.UsageOf(resource, request.Written).At(now)) is { } excess)
                throw ApiErrors.Forbidden(resource, request.Key.Name, excess);
        }
    }

    private static IEnumerable<KeyValuePair<string, Quota>> EntriesOf(StoredObject stored)
    {
        var spec = stored.SharedModel<V1ResourceQuota>().Spec;
        var name = stored.Key.Name;
        return [KeyValuePair.Create(stored.Key.Namespace, new Quota(new QuotaLimits(name, spec), new QuotaLimit(name, ObjectCodec.Encode(spec ?? new V1ResourceQuotaSpec()))))];
    }

    /// <summary>A quota, and as the store is told of it.</summary>
    private sealed record Quota(QuotaLimits Limits, QuotaLimit Told);
}
