using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Quantities;

namespace OrleansOrchestrator.Kinds.Core.Quotas;

/// <summary>
/// What all containers of a pod ask for together, exactly and of each resource: the sum over containers and sidecars, or the highest step
/// of the init sequence if that is more, and the overhead.
/// </summary>
/// <remarks>
/// See k8s.io/component-helpers/resource. The scheduler has numbers of fixed size instead (<see cref="PodRequests"/>), which cannot tell how
/// an amount was written.
/// </remarks>
internal static class PodTotals
{
    /// <summary>What the pod requests.</summary>
    public static Dictionary<string, Quantity> Requests(V1PodSpec? spec)
    {
        var totals = RequestsOfContainers(spec);
        foreach (var (name, amount) in (spec?.Overhead).OrNone())
            totals[name] = totals.GetValueOrDefault(name) + Quantity.From(amount);
        return totals;
    }

    /// <summary>What the pod is limited to. The overhead raises limits that are there, and makes none.</summary>
    public static Dictionary<string, Quantity> Limits(V1PodSpec? spec)
    {
        var totals = LimitsOfContainers(spec);
        foreach (var (name, amount) in (spec?.Overhead).OrNone())
        {
            if (totals.TryGetValue(name, out var limit) && !limit.IsZero)
                totals[name] = limit + Quantity.From(amount);
        }

        return totals;
    }

    /// <summary>What the pod requests, without its overhead.</summary>
    public static Dictionary<string, Quantity> RequestsOfContainers(V1PodSpec? spec) => Of(spec, static resources => resources?.Requests);

    /// <summary>What the pod is limited to, without its overhead.</summary>
    public static Dictionary<string, Quantity> LimitsOfContainers(V1PodSpec? spec) => Of(spec, static resources => resources?.Limits);

    private static Dictionary<string, Quantity> Of(V1PodSpec? spec, Func<V1ResourceRequirements?, IDictionary<string, ResourceQuantity>?> part)
    {
        var running = new Dictionary<string, Quantity>(StringComparer.Ordinal);
        foreach (var container in (spec?.Containers).OrNone())
            Add(running, part(container.Resources));

        var sidecars = new Dictionary<string, Quantity>(StringComparer.Ordinal);
        var initializing = new Dictionary<string, Quantity>(StringComparer.Ordinal);
        foreach (var container in (spec?.InitContainers).OrNone())
        {
            var isSidecar = container.RestartPolicy == "Always";
            var step = isSidecar ? sidecars : new Dictionary<string, Quantity>(sidecars, StringComparer.Ordinal);
            Add(step, part(container.Resources));
            Raise(initializing, step);
        }

        foreach (var (name, amount) in sidecars)
            running[name] = running.GetValueOrDefault(name) + amount;
        Raise(running, initializing);

        // What is said of the pod as a whole counts in place of what its containers say.
        foreach (var (name, amount) in part(spec?.Resources).OrNone())
        {
            if (name is ResourceNames.Cpu or ResourceNames.Memory || name.StartsWith("hugepages-", StringComparison.Ordinal))
                running[name] = Quantity.From(amount);
        }

        return running;
    }

    private static void Add(Dictionary<string, Quantity> totals, IDictionary<string, ResourceQuantity>? amounts)
    {
        foreach (var (name, amount) in amounts.OrNone())
            totals[name] = totals.GetValueOrDefault(name) + Quantity.From(amount);
    }

    private static void Raise(Dictionary<string, Quantity> totals, Dictionary<string, Quantity> others)
    {
        foreach (var (name, amount) in others)
            totals[name] = totals.TryGetValue(name, out var present) ? Quantity.Max(present, amount) : amount;
    }
}
