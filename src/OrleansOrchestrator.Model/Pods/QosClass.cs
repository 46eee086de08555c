using k8s.Models;
using OrleansOrchestrator.Model.Quantities;

namespace OrleansOrchestrator.Model.Pods;

/// <summary>
/// The quality of service class, which determines who is evicted first under pressure. See "Pod Quality of Service Classes".
/// </summary>
public static class QosClass
{
    /// <summary>Every container has equal limits and requests for CPU and memory.</summary>
    public const string Guaranteed = "Guaranteed";

    /// <summary>Some container requests CPU or memory.</summary>
    public const string Burstable = "Burstable";

    /// <summary>No container requests CPU or memory.</summary>
    public const string BestEffort = "BestEffort";

    private static readonly string[] Resources = [ResourceNames.Cpu, ResourceNames.Memory];

    /// <summary>The class of a pod. A missing request counts as the limit, as after defaulting.</summary>
    public static string Of(V1PodSpec? spec)
    {
        var any = false;
        var guaranteed = true;
        foreach (var container in (spec?.Containers ?? []).Concat(spec?.InitContainers ?? []))
        {
            foreach (var resource in Resources)
            {
                var limit = Amount(container.Resources?.Limits, resource);
                var request = container.Resources?.Requests?.ContainsKey(resource) == true
                    ? Amount(container.Resources.Requests, resource)
                    : limit;
                any |= limit.Sign > 0 || request.Sign > 0;
                guaranteed &= limit.Sign > 0 && limit == request;
            }
        }

        if (!any)
            return BestEffort;
        return guaranteed ? Guaranteed : Burstable;
    }

    private static Quantity Amount(IDictionary<string, ResourceQuantity>? amounts, string resource) =>
        amounts is not null && amounts.TryGetValue(resource, out var amount) ? Quantity.From(amount) : Quantity.Zero;
}
