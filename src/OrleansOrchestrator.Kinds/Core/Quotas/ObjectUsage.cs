using System.Collections.Frozen;
using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Kinds.Core.Quotas;

/// <summary>What one object uses of quotas, by the names that quotas limit.</summary>
/// <param name="Amounts">The amounts.</param>
/// <remarks>See the evaluators of k8s.io/kubernetes/pkg/quota/v1.</remarks>
public sealed record ObjectUsage(IReadOnlyDictionary<string, Quantity> Amounts)
{
    /// <summary>The usage of an object that does not exist.</summary>
    public static ObjectUsage None { get; } = new(new Dictionary<string, Quantity>());

    private const string CountPrefix = "count/";
    private const string ClassMark = ".storageclass.storage.k8s.io/";
    private const string Storage = "storage";
    private const string PhaseField = "status.phase";
    private const string Claims = "persistentvolumeclaims";

    // The names that are older than the prefix count/.
    private static readonly FrozenSet<string> PlainCounts = FrozenSet.Create(
        StringComparer.Ordinal, "pods", "services", Claims, "secrets", "configmaps", "replicationcontrollers", "resourcequotas");

    private static readonly FrozenDictionary<string, ResourceName> ByOtherName = new Dictionary<string, ResourceName>
    {
        ["services.nodeports"] = WellKnownResources.Services,
        ["services.loadbalancers"] = WellKnownResources.Services,
        ["requests.storage"] = WellKnownResources.PersistentVolumeClaims,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>
    /// When the grace period of a pod that is being deleted ends; null for never. From then on only <c>count/pods</c> counts the
    /// pod, so that a pod on a lost node does not keep its successor from being created.
    /// </summary>
    public DateTimeOffset? EndsAt { get; private init; }

    /// <summary>The amounts at a time.</summary>
    public IReadOnlyDictionary<string, Quantity> At(DateTimeOffset now) => EndsAt < now ? CountOf(WellKnownResources.Pods) : Amounts;

    /// <summary>The resource that a limited name is about, whether or not the API has it.</summary>
    public static ResourceName ResourceOf(string name)
    {
        if (name.StartsWith(CountPrefix, StringComparison.Ordinal))
            return ResourceName.Parse(name[CountPrefix.Length..]);
        if (PlainCounts.Contains(name))
            return new ResourceName(name);
        if (ByOtherName.TryGetValue(name, out var resource))
            return resource;
        return name.Contains(ClassMark, StringComparison.Ordinal) ? WellKnownResources.PersistentVolumeClaims : WellKnownResources.Pods;
    }

    /// <summary>Whether the usage of the resource's objects depends on their fields. Objects of other resources are counted by their keys.</summary>
    public static bool DependsOnFields(ResourceName resource) =>
        resource == WellKnownResources.Pods || resource == WellKnownResources.Services || resource == WellKnownResources.PersistentVolumeClaims;

    /// <summary>
    /// Whether it is certain that two versions of an object take the same of any quota, as before and after a write of a pod's status.
    /// Compares what is encoded and decodes nothing. A claim takes what its status and annotations say too, so that it is never certain.
    /// </summary>
    public static bool IsSurelySame(StoredObject left, StoredObject right)
    {
        var resource = left.Definition.Name;
        if (!DependsOnFields(resource))
            return true;
        return resource != WellKnownResources.PersistentVolumeClaims && !left.IsDeleting && !right.IsDeleting
            && left.Field(PhaseField) == right.Field(PhaseField) && left.SpecJson.SequenceEqual(right.SpecJson)
            && HasSameResources(left.Json.Span, right.Json.Span);
    }

    /// <summary>
    /// Whether two versions of a pod surely say the same of the resources of its containers, also in their statuses: while a pod is resized,
    /// it takes what it has, too. Compares the texts of all members whose names end so.
    /// </summary>
    private static bool HasSameResources(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if ((left.IndexOf(InfeasibleResize) < 0) != (right.IndexOf(InfeasibleResize) < 0))
            return false;
        while (true)
        {
            var (ofLeft, ofRight) = (left.IndexOf(ResourcesMember), right.IndexOf(ResourcesMember));
            if (ofLeft < 0 || ofRight < 0)
                return ofLeft == ofRight;
            left = left[ofLeft..];
            right = right[ofRight..];
            var length = LengthOfValue(left);
            if (length > right.Length || !left[..length].SequenceEqual(right[..length]))
                return false;
            left = left[length..];
            right = right[length..];
        }
    }

    // Names and amounts of resources have no braces.
    private static int LengthOfValue(ReadOnlySpan<byte> member)
    {
        var depth = 0;
        for (var at = ResourcesMember.Length - 1; at < member.Length; at++)
        {
            depth += member[at] switch { (byte)'{' => 1, (byte)'}' => -1, _ => 0 };
            if (depth == 0)
                return at + 1;
        }

        return member.Length;
    }

    // Of resources and allocatedResources.
    private static ReadOnlySpan<byte> ResourcesMember => "esources\":{"u8;

    private static ReadOnlySpan<byte> InfeasibleResize => "\"Infeasible\""u8;

    /// <summary>What an object takes whose kind is only counted.</summary>
    public static ObjectUsage OfAny(ResourceName resource) => new(CountOf(resource));

    /// <summary>The usage of an object.</summary>
    public static ObjectUsage Of(ResourceName resource, KubeObject obj) => obj switch
    {
        V1Pod pod => OfPod(pod),
        V1Service service => new(OfService(service.Spec)),
        V1PersistentVolumeClaim claim => new(OfClaim(claim)),
        _ => OfAny(resource),
    };

    private static Dictionary<string, Quantity> CountOf(ResourceName resource)
    {
        var amounts = new Dictionary<string, Quantity>(StringComparer.Ordinal) { [$"{CountPrefix}{resource}"] = One };
        if (resource.Group.Length == 0 && resource != WellKnownResources.Pods && PlainCounts.Contains(resource.Plural))
            amounts[resource.Plural] = One;
        return amounts;
    }

    private static ObjectUsage OfPod(V1Pod pod)
    {
        var amounts = CountOf(WellKnownResources.Pods);
        if (pod.IsTerminal)
            return new ObjectUsage(amounts);
        foreach (var (name, amount) in OfContainers(PodTotals.Requests(pod), PodTotals.Limits(pod)))
            amounts[name] = amount;
        amounts["pods"] = One;
        return new ObjectUsage(amounts) { EndsAt = EndOf(pod.Metadata) };
    }

    private static DateTimeOffset? EndOf(V1ObjectMeta meta)
    {
        if (meta is not { DeletionTimestamp: { } deleted, DeletionGracePeriodSeconds: { } grace })
            return null;
        var from = new DateTimeOffset(DateTime.SpecifyKind(deleted, DateTimeKind.Utc));
        return grace < (DateTimeOffset.MaxValue - from).TotalSeconds ? from.AddSeconds(Math.Max(0, grace)) : DateTimeOffset.MaxValue;
    }

    /// <summary>Requests and limits under the names that quotas use.</summary>
    private static IEnumerable<KeyValuePair<string, Quantity>> OfContainers(
        IEnumerable<KeyValuePair<string, Quantity>> requests, IEnumerable<KeyValuePair<string, Quantity>> limits)
    {
        foreach (var (name, amount) in requests)
        {
            var isStandard = name is ResourceNames.Cpu or ResourceNames.Memory or ResourceNames.EphemeralStorage || name.StartsWith("hugepages-", StringComparison.Ordinal);
            if (isStandard)
                yield return KeyValuePair.Create(name, amount);
            if (isStandard || ResourceAmountRules.IsExtended(name))
                yield return KeyValuePair.Create($"requests.{name}", amount);
        }

        foreach (var (name, amount) in limits)
        {
            if (name is ResourceNames.Cpu or ResourceNames.Memory or ResourceNames.EphemeralStorage)
                yield return KeyValuePair.Create($"limits.{name}", amount);
        }
    }

    private static Dictionary<string, Quantity> OfService(V1ServiceSpec? spec)
    {
        var amounts = CountOf(WellKnownResources.Services);
        var ports = spec?.Ports.OrNone() ?? [];
        var nodePorts = spec?.Type switch
        {
            "NodePort" => ports.Count,
            "LoadBalancer" when spec.AllocateLoadBalancerNodePorts is false => ports.Count(port => port.NodePort is > 0),
            "LoadBalancer" => ports.Count,
            _ => 0,
        };
        amounts["services.nodeports"] = Quantity.FromValue(nodePorts);
        amounts["services.loadbalancers"] = Quantity.FromValue(spec?.Type == "LoadBalancer" ? 1 : 0);
        return amounts;
    }

    private static Dictionary<string, Quantity> OfClaim(V1PersistentVolumeClaim claim)
    {
        var amounts = CountOf(WellKnownResources.PersistentVolumeClaims);
        var requested = AmountOf(claim.Spec?.Resources?.Requests);
        var allocated = AmountOf(claim.Status?.AllocatedResources);
        var storage = requested is { } least && allocated is { } had ? Quantity.Max(least, had) : requested ?? allocated;
        if (storage is { } size)
            amounts["requests.storage"] = size;
        if (ClassOf(claim) is { Length: > 0 } @class)
        {
            amounts[$"{@class}{ClassMark}{Claims}"] = One;
            if (storage is { } ofClass)
                amounts[$"{@class}{ClassMark}requests.storage"] = ofClass;
        }

        return amounts;
    }

    private static string? ClassOf(V1PersistentVolumeClaim claim) =>
        claim.Metadata.Annotations.OrNone().TryGetValue("volume.beta.kubernetes.io/storage-class", out var old) ? old : claim.Spec?.StorageClassName;

    private static Quantity? AmountOf(IDictionary<string, ResourceQuantity>? amounts) =>
        amounts.OrNone().TryGetValue(Storage, out var amount) ? Quantity.From(amount) : null;

    private static Quantity One { get; } = Quantity.FromValue(1);
}
