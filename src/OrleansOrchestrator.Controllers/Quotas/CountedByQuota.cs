using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Kinds.Core.Quotas;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Quotas;

/// <summary>
/// The usage of a ResourceQuota by the objects of its namespace, of every kind that the quota limits, custom kinds included. An
/// observation holds only each object's usage (<see cref="CountedObject"/>), so that other changes cause no reconciliation.
/// </summary>
public sealed class CountedByQuota : Relation
{
    /// <summary>
    /// The kinds that can be followed: those that are always there. Objects of custom kinds are looked at from time to time, and so are
    /// events, of which there are too many to look at each.
    /// </summary>
    public override IReadOnlyList<ResourceName> Watched { get; } =
        [.. BuiltInKinds.Registry.Stored.Where(kind => kind.Namespaced && kind.Name != WellKnownResources.Events).Select(kind => kind.Name)];

    /// <inheritdoc/>
    public override bool IsWatchedOnDemand => true;

    /// <summary>The kinds that a quota limits.</summary>
    public override IEnumerable<ResourceName> WatchedFor(KubeObject primary) =>
        primary is V1ResourceQuota quota ? LimitsOf(quota).Resources.Where(Watched.Contains) : [];

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
        if (change is { Now: { } now, Before: { } before } && ObjectUsage.IsSurelySame(before, now))
            return;
        foreach (var key in view.Keys(view.Primary.Name, change.Key.Namespace))
        {
            if (view.Find(view.Primary.Name, key) is V1ResourceQuota quota && Matters(LimitsOf(quota), change))
                concerned.Add(key);
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view)
    {
        if (primary is not V1ResourceQuota quota)
            yield break;
        var limits = LimitsOf(quota);
        foreach (var resource in limits.Resources)
        {
            var counted = ObjectUsage.DependsOnFields(resource)
                ? view.InNamespace(resource, key.Namespace).Select(obj => (obj.Metadata.Name, Usage: limits.UsageOf(resource, obj)))
                : view.Keys(resource, key.Namespace).Select(counted => (counted.Name, Usage: limits.UsageOfAny(resource)));
            foreach (var (name, usage) in counted)
            {
                if (usage.Amounts.Count > 0)
                    yield return new RelatedObject(resource, new CountedObject(new ObjectKey(key.Namespace, name), usage));
            }
        }
    }

    /// <summary>Each object is a part.</summary>
    public override IEnumerable<string> PartsOf(ObjectChange change) => [QuotaTally.PartOf(change.Resource, change.Key.Name)];

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> ObserveParts(ObjectKey key, KubeObject? primary, IReadOnlySet<string> parts, IObjectView view)
    {
        if (primary is not V1ResourceQuota quota)
            yield break;
        var limits = LimitsOf(quota);
        foreach (var (resource, name) in parts.Order(StringComparer.Ordinal).Select(QuotaTally.Read))
        {
            if (limits.Resources.Contains(resource) && view.Find(resource, new ObjectKey(key.Namespace, name)) is { } obj
                && (ObjectUsage.DependsOnFields(resource) ? limits.UsageOf(resource, obj) : limits.UsageOfAny(resource)) is { Amounts.Count: > 0 } usage)
            {
                yield return new RelatedObject(resource, new CountedObject(obj.Key, usage));
            }
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<ResourceName> ReadAnew(KubeObject? primary, IObjectView view) =>
        primary is V1ResourceQuota quota ? LimitsOf(quota).Resources.Where(resource => !Watched.Contains(resource)) : [];

    internal static QuotaLimits LimitsOf(V1ResourceQuota quota) => new(quota.Metadata.Name, quota.Spec);

    private static bool Matters(QuotaLimits limits, ObjectChange change) =>
        limits.Resources.Contains(change.Resource) && !IsSame(limits.UsageOf(change.Now), limits.UsageOf(change.Before));

    private static bool IsSame(ObjectUsage left, ObjectUsage right) => left.EndsAt == right.EndsAt && left.Amounts.Count == right.Amounts.Count
        && left.Amounts.All(amount => right.Amounts.TryGetValue(amount.Key, out var other) && amount.Value == other);
}

/// <summary>An object's usage of a quota.</summary>
public sealed class CountedObject : KubeObject
{
    internal CountedObject(ObjectKey key, ObjectUsage usage)
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = key.Namespace, Name = key.Name };
        Usage = usage;
    }

    /// <summary>What the object uses.</summary>
    public ObjectUsage Usage { get; }

    /// <inheritdoc/>
    public string ApiVersion { get; set; } = "";

    /// <inheritdoc/>
    public string Kind { get; set; } = "";

    /// <inheritdoc/>
    public V1ObjectMeta Metadata { get; set; }
}
