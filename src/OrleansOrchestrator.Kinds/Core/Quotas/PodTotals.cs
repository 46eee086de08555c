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
    /// <summary>The pod's requests. While it is resized, the higher one of what it asks for and what it has counts.</summary>
    public static Dictionary<string, Quantity> Requests(V1Pod pod)
    {
        var totals = Of(pod.Spec, RequestsOf, pod);
        foreach (var (name, amount) in (pod.Spec?.Overhead).OrNone())
            totals[name] = totals.GetValueOrDefault(name) + Quantity.From(amount);
        return totals;
    }

    /// <summary>The pod's limits. The overhead raises present limits, and adds none.</summary>
    public static Dictionary<string, Quantity> Limits(V1Pod pod)
    {
        var totals = Of(pod.Spec, LimitsOf, pod);
        foreach (var (name, amount) in (pod.Spec?.Overhead).OrNone())
        {
            if (totals.TryGetValue(name, out var limit) && !limit.IsZero)
                totals[name] = limit + Quantity.From(amount);
        }

        return totals;
    }

    /// <summary>The requests of a spec, without its overhead.</summary>
    public static Dictionary<string, Quantity> RequestsOfContainers(V1PodSpec? spec) => Of(spec, RequestsOf, null);

    /// <summary>The limits of a spec, without its overhead.</summary>
    public static Dictionary<string, Quantity> LimitsOfContainers(V1PodSpec? spec) => Of(spec, LimitsOf, null);

    private static IDictionary<string, ResourceQuantity>? RequestsOf(V1ResourceRequirements? resources) => resources?.Requests;

    private static IDictionary<string, ResourceQuantity>? LimitsOf(V1ResourceRequirements? resources) => resources?.Limits;

    private static Dictionary<string, Quantity> Of(V1PodSpec? spec, Func<V1ResourceRequirements?, IDictionary<string, ResourceQuantity>?> part, V1Pod? pod)
    {
        var running = new Dictionary<string, Quantity>(StringComparer.Ordinal);
        foreach (var container in (spec?.Containers).OrNone())
            Add(running, Granted(pod, container, isInit: false, part));

        var sidecars = new Dictionary<string, Quantity>(StringComparer.Ordinal);
        var initializing = new Dictionary<string, Quantity>(StringComparer.Ordinal);
        foreach (var container in (spec?.InitContainers).OrNone())
        {
            var step = container.IsSidecar ? sidecars : new Dictionary<string, Quantity>(sidecars, StringComparer.Ordinal);
            Add(step, Granted(container.IsSidecar ? pod : null, container, isInit: true, part));
            Raise(initializing, step);
        }

        foreach (var (name, amount) in sidecars)
            running[name] = running.GetValueOrDefault(name) + amount;
        Raise(running, initializing);
        return running;
    }

    /// <summary>What a container asks for, raised to what the status of its pod says that it has.</summary>
    private static Dictionary<string, Quantity> Granted(
        V1Pod? pod, V1Container container, bool isInit, Func<V1ResourceRequirements?, IDictionary<string, ResourceQuantity>?> part)
    {
        var status = pod?.ResourceStatusOf(container.Name, isInit);
        var amounts = status is not null && pod!.IsResizeInfeasible ? [] : Exact(part(container.Resources));
        if (status is null)
            return amounts;
        Raise(amounts, Exact(part(status.Resources)));
        Raise(amounts, Exact(part(new V1ResourceRequirements { Requests = status.AllocatedResources })));
        return amounts;
    }

    private static Dictionary<string, Quantity> Exact(IDictionary<string, ResourceQuantity>? amounts) =>
        amounts.OrNone().ToDictionary(amount => amount.Key, amount => Quantity.From(amount.Value), StringComparer.Ordinal);

    private static void Add(Dictionary<string, Quantity> totals, Dictionary<string, Quantity> amounts)
    {
        foreach (var (name, amount) in amounts)
            totals[name] = totals.GetValueOrDefault(name) + amount;
    }

    private static void Raise(Dictionary<string, Quantity> totals, Dictionary<string, Quantity> others)
    {
        foreach (var (name, amount) in others)
            totals[name] = totals.TryGetValue(name, out var present) ? Quantity.Max(present, amount) : amount;
    }
}
