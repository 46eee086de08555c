using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Kinds.Core.Quotas;

/// <summary>The limits of a quota, parsed once. Admission, the store and the quota controller decide by them.</summary>
/// <remarks>See checkRequest in k8s.io/apiserver/pkg/admission/plugin/resourcequota.</remarks>
public sealed class QuotaLimits
{
    private static readonly string[] ToBeSpecified = ["cpu", "limits.cpu", "limits.memory", "memory", "requests.cpu", "requests.memory"];

    private readonly V1ResourceQuotaSpec? _spec;
    private readonly SortedDictionary<string, Quantity> _hard = new(StringComparer.Ordinal);

    /// <summary>Reads a quota.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="spec">The quota's spec.</param>
    public QuotaLimits(string name, V1ResourceQuotaSpec? spec)
    {
        Name = name;
        _spec = spec;
        foreach (var (limited, amount) in (spec?.Hard).OrNone())
            _hard[limited] = Quantity.From(amount);
        Resources = [.. _hard.Keys.Select(ObjectUsage.ResourceOf).Distinct().OrderBy(resource => resource.ToString(), StringComparer.Ordinal)];
    }

    /// <summary>The quota's name.</summary>
    public string Name { get; }

    /// <summary>The limits by their names, in order.</summary>
    public IReadOnlyDictionary<string, Quantity> Hard => _hard;

    /// <summary>The resources that the quota limits, in the order of their names.</summary>
    public IReadOnlyList<ResourceName> Resources { get; }

    /// <summary>What an object uses of this quota; nothing for null. An object that is only counted is not decoded.</summary>
    public ObjectUsage UsageOf(StoredObject? obj)
    {
        if (obj is null)
            return ObjectUsage.None;
        var resource = obj.Definition.Name;
        return ObjectUsage.DependsOnFields(resource) ? UsageOf(resource, obj.SharedModel()) : UsageOfAny(resource);
    }

    /// <summary>What an object uses of this quota.</summary>
    public ObjectUsage UsageOf(ResourceName resource, KubeObject obj) =>
        QuotaScopes.Match(_spec, obj) ? ObjectUsage.Of(resource, obj) : ObjectUsage.None;

    /// <summary>What each object of a kind uses that is only counted.</summary>
    public ObjectUsage UsageOfAny(ResourceName resource) => HasScopes ? ObjectUsage.None : ObjectUsage.OfAny(resource);

    /// <summary>Whether a change of a pod moves it from one scope to another. Of what scopes go by, only the deadline can change.</summary>
    public static bool ChangesScopes(V1Pod before, V1Pod after) => QuotaScopes.IsTerminating(before) != QuotaScopes.IsTerminating(after);

    // Only pods are in any scope.
    private bool HasScopes => (_spec?.Scopes).OrNone().Count > 0 || (_spec?.ScopeSelector?.MatchExpressions).OrNone().Count > 0;

    /// <summary>Adds an object's usage to the total.</summary>
    /// <param name="used">The total usage, by limited name.</param>
    /// <param name="amounts">The object's usage.</param>
    /// <param name="resource">Its resource.</param>
    public void Add(IDictionary<string, Quantity> used, IReadOnlyDictionary<string, Quantity> amounts, ResourceName resource) =>
        Change(used, amounts, resource, static amount => amount);

    /// <summary>Subtracts an object's usage from the total.</summary>
    /// <inheritdoc cref="Add"/>
    public void Remove(IDictionary<string, Quantity> used, IReadOnlyDictionary<string, Quantity> amounts, ResourceName resource) =>
        Change(used, amounts, resource, static amount => -amount);

    /// <summary>Decides about a write by the usage that it adds.</summary>
    /// <param name="used">The total usage before the write.</param>
    /// <param name="before">The object's usage before the write.</param>
    /// <param name="after">The object's usage after the write.</param>
    /// <returns>Null if the quota allows the write; otherwise why not.</returns>
    public string? FindExcess(
        IReadOnlyDictionary<string, Quantity> used, IReadOnlyDictionary<string, Quantity> before, IReadOnlyDictionary<string, Quantity> after)
    {
        List<(string Name, Quantity Requested)>? excess = null;
        foreach (var (name, hard) in _hard)
        {
            var requested = after.GetValueOrDefault(name) - before.GetValueOrDefault(name);
            if (requested.Sign > 0 && used.GetValueOrDefault(name) + requested > hard)
                (excess ??= []).Add((name, requested));
        }

        return excess is null ? null : $"exceeded quota: {Name}, "
            + $"requested: {Told(excess.Select(over => (over.Name, over.Requested)))}, "
            + $"used: {Told(excess.Select(over => (over.Name, used.GetValueOrDefault(over.Name))))}, "
            + $"limited: {Told(excess.Select(over => (over.Name, _hard[over.Name])))}";
    }

    /// <summary>Checks that a pod gives the requests and limits that the quota needs of every container.</summary>
    /// <returns>Null if it does; otherwise what is missing.</returns>
    public string? FindMissing(KubeObject obj)
    {
        if (obj is not V1Pod pod || !QuotaScopes.Match(_spec, obj))
            return null;
        var missing = ToBeSpecified.Where(_hard.ContainsKey).Select(name => (Name: name, Containers: SilentOn(name, pod.Spec)))
            .Where(silent => silent.Containers.Count > 0).Select(silent => $"{silent.Name} for: {string.Join(',', silent.Containers)}").ToList();
        return missing.Count == 0 ? null : $"failed quota: {Name}: must specify {string.Join("; ", missing)}";
    }

    private static SortedSet<string> SilentOn(string name, V1PodSpec? spec)
    {
        var (isLimit, resource) = name.StartsWith("limits.", StringComparison.Ordinal) ? (true, name["limits.".Length..])
            : (false, name.StartsWith("requests.", StringComparison.Ordinal) ? name["requests.".Length..] : name);
        var containers = (spec?.Containers).OrNone().Concat((spec?.InitContainers).OrNone());
        return new(containers.Where(container => !IsSaid(container.Resources, isLimit, resource)).Select(container => container.Name), StringComparer.Ordinal);
    }

    private static bool IsSaid(V1ResourceRequirements? resources, bool isLimit, string name) =>
        (isLimit ? resources?.Limits : resources?.Requests).OrNone().ContainsKey(name);

    private void Change(
        IDictionary<string, Quantity> used, IReadOnlyDictionary<string, Quantity> amounts, ResourceName resource, Func<Quantity, Quantity> signed)
    {
        foreach (var (name, amount) in amounts)
        {
            // Resources of different groups have names of their own, so the plural suffices for sorting.
            if (_hard.ContainsKey(name) && ObjectUsage.ResourceOf(name) == resource)
                used[name] = (used.TryGetValue(name, out var present) ? present : default) + signed(amount);
        }
    }

    private static string Told(IEnumerable<(string Name, Quantity Amount)> amounts) =>
        string.Join(',', amounts.Select(amount => $"{amount.Name}={amount.Amount}"));
}
