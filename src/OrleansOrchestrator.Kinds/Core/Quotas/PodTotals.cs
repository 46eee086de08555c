using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Quantities;

namespace OrleansOrchestrator.Kinds.Core.Quotas;

/// <summary>
/// The exact amounts of every resource that the containers of a pod request together: the sum over containers and sidecars, or the
/// highest step of the init sequence if that is more, plus the overhead.
/// </summary>
/// <remarks>
/// See k8s.io/component-helpers/resource. The scheduler uses numbers of fixed size instead (<see cref="PodRequests"/>), which do
/// not keep the form in which an amount was written.
/// </remarks>
internal static class PodTotals
{
    /// <summary>The pod's requests.</summary>
    public static Dictionary<string, Quantity> Requests(V1PodSpec? spec)
    {
        var totals = RequestsOfContainers(spec);
        foreach (var (name, amount) in (spec?.Overhead).OrNone())
            totals[name] = totals.GetValueOrDefault(name) + Quantity.From(amount);
        return totals;
    }

    /// <summary>The pod's limits. The overhead raises present limits, and adds none.</summary>
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

    /// <summary>The pod's requests, without its overhead.</summary>
    public static Dictionary<string, Quantity> RequestsOfContainers(V1PodSpec? spec) => Of(spec, static resources => resources?.Requests);

    /// <summary>The pod's limits, without its overhead.</summary>
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
