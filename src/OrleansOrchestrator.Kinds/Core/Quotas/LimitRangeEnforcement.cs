using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Quantities;

namespace OrleansOrchestrator.Kinds.Core.Quotas;

/// <summary>Applies a limit range to new pods, and checks pods and claims against it.</summary>
/// <remarks>
/// See Kubernetes' admission plug-in LimitRanger, k8s.io/kubernetes/plugin/pkg/admission/limitranger. The messages are Kubernetes'.
/// </remarks>
public static class LimitRangeEnforcement
{
    /// <summary>The annotation that lists the filled-in values.</summary>
    public const string Annotation = "kubernetes.io/limit-ranger";

    /// <summary>Fills in missing limits and requests of a new pod's containers, and lists them in an annotation on the pod.</summary>
    public static void FillIn(V1LimitRange range, V1Pod pod)
    {
        var (requests, limits) = DefaultsOf(range);
        var set = new List<string>();
        foreach (var container in (pod.Spec?.Containers).OrNone())
            FillIn(container, requests, limits, "container", set);
        foreach (var container in (pod.Spec?.InitContainers).OrNone())
            FillIn(container, requests, limits, "init container", set);
        if (set.Count == 0)
            return;
        (pod.Metadata.Annotations ??= new Dictionary<string, string>())[Annotation] = $"LimitRanger plugin set: {string.Join("; ", set)}";
        if (pod.Status is { } status)
            status.QosClass = QosClass.Of(pod.Spec);
    }

    /// <summary>Why a limit range refuses a pod or claim; null if it does not.</summary>
    public static string? FindFaults(V1LimitRange range, KubeObject obj)
    {
        var faults = new List<string>();
        foreach (var item in (range.Spec?.Limits).OrNone())
        {
            switch (obj, item.Type)
            {
                case (V1Pod pod, LimitRangeValidation.Container):
                    foreach (var container in (pod.Spec?.Containers).OrNone().Concat((pod.Spec?.InitContainers).OrNone()))
                        Judge(item, AmountsOf(container.Resources?.Requests), AmountsOf(container.Resources?.Limits), faults);
                    break;
                case (V1Pod pod, LimitRangeValidation.Pod):
                    Judge(item, PodTotals.RequestsOfContainers(pod.Spec), PodTotals.LimitsOfContainers(pod.Spec), faults);
                    break;
                case (V1PersistentVolumeClaim claim, LimitRangeValidation.Claim):
                    JudgeClaim(item, AmountsOf(claim.Spec?.Resources?.Requests), faults);
                    break;
            }
        }

        var told = faults.Distinct().ToList();
        return told.Count switch
        {
            0 => null,
            1 => told[0],
            _ => $"[{string.Join(", ", told)}]",
        };
    }

    private static (Dictionary<string, ResourceQuantity> Requests, Dictionary<string, ResourceQuantity> Limits) DefaultsOf(V1LimitRange range)
    {
        var (requests, limits) = (new Dictionary<string, ResourceQuantity>(StringComparer.Ordinal), new Dictionary<string, ResourceQuantity>(StringComparer.Ordinal));
        foreach (var item in (range.Spec?.Limits).OrNone().Where(item => item.Type == LimitRangeValidation.Container))
        {
            foreach (var (name, amount) in item.DefaultRequest.OrNone())
                requests[name] = amount;
            foreach (var (name, amount) in item.DefaultProperty.OrNone())
                limits[name] = amount;
        }

        return (requests, limits);
    }

    private static void FillIn(
        V1Container container, Dictionary<string, ResourceQuantity> requests, Dictionary<string, ResourceQuantity> limits, string what, List<string> set)
    {
        var resources = container.Resources ?? new V1ResourceRequirements();
        var (ofLimits, ofRequests) = (Missing(resources.Limits, limits), Missing(resources.Requests, requests));
        if (ofLimits.Count + ofRequests.Count == 0)
            return;
        container.Resources = resources;
        resources.Limits = With(resources.Limits, ofLimits, limits);
        resources.Requests = With(resources.Requests, ofRequests, requests);
        if (ofRequests.Count > 0)
            set.Add($"{string.Join(", ", ofRequests)} request for {what} {container.Name}");
        if (ofLimits.Count > 0)
            set.Add($"{string.Join(", ", ofLimits)} limit for {what} {container.Name}");
    }

    private static List<string> Missing(IDictionary<string, ResourceQuantity>? amounts, Dictionary<string, ResourceQuantity> defaults) =>
        [.. defaults.Keys.Where(name => !amounts.OrNone().ContainsKey(name)).Order(StringComparer.Ordinal)];

    private static IDictionary<string, ResourceQuantity>? With(
        IDictionary<string, ResourceQuantity>? amounts, List<string> missing, Dictionary<string, ResourceQuantity> defaults)
    {
        if (missing.Count == 0)
            return amounts;
        amounts ??= new Dictionary<string, ResourceQuantity>();
        foreach (var name in missing)
            amounts[name] = defaults[name];
        return amounts;
    }

    private static void Judge(V1LimitRangeItem item, Dictionary<string, Quantity> requests, Dictionary<string, Quantity> limits, List<string> faults)
    {
        foreach (var (name, least) in InOrder(item.Min))
            Add(faults, MinFault(item.Type, name, least, Find(requests, name), Find(limits, name)));
        foreach (var (name, most) in InOrder(item.Max))
            Add(faults, MaxFault(item.Type, name, most, Find(requests, name), Find(limits, name)));
        foreach (var (name, ratio) in InOrder(item.MaxLimitRequestRatio))
            Add(faults, RatioFault(item.Type, name, ratio, Find(requests, name), Find(limits, name)));
    }

    /// <summary>A claim has requests. Its limits are not enforced.</summary>
    private static void JudgeClaim(V1LimitRangeItem item, Dictionary<string, Quantity> requests, List<string> faults)
    {
        foreach (var (name, least) in InOrder(item.Min))
            Add(faults, MinFault(item.Type, name, least, Find(requests, name), null));
        foreach (var (name, most) in InOrder(item.Max))
        {
            Add(faults, Find(requests, name) switch
            {
                null => $"maximum {name} usage per {item.Type} is {most}.  No request is specified",
                { } request when request > most => $"maximum {name} usage per {item.Type} is {most}, but request is {request}",
                _ => null,
            });
        }
    }

    private static string? MinFault(string type, string name, Quantity least, Quantity? request, Quantity? limit)
    {
        var rule = $"minimum {name} usage per {type} is {least}";
        if (request is not { } requested)
            return $"{rule}.  No request is specified";
        if (requested < least)
            return $"{rule}, but request is {requested}";
        return limit < least ? $"{rule}, but limit is {limit}" : null;
    }

    private static string? MaxFault(string type, string name, Quantity most, Quantity? request, Quantity? limit)
    {
        var rule = $"maximum {name} usage per {type} is {most}";
        if (limit is not { } limited)
            return $"{rule}.  No limit is specified";
        if (limited > most)
            return $"{rule}, but limit is {limited}";
        return request > most ? $"{rule}, but request is {request}" : null;
    }

    private static string? RatioFault(string type, string name, Quantity most, Quantity? request, Quantity? limit)
    {
        var rule = $"{name} max limit to request ratio per {type} is {most}";
        if (request is not { IsZero: false } requested)
            return $"{rule}, but no request is specified or request is 0";
        if (limit is not { IsZero: false } limited)
            return $"{rule}, but no limit is specified or limit is 0";
        var ratio = Number(limited) / Number(requested);
        return ratio > Number(most) ? string.Create(CultureInfo.InvariantCulture, $"{rule}, but provided ratio is {ratio:F6}") : null;
    }

    /// <summary>The amount as a floating-point number, exact to thousandths if they fit into 64 bits.</summary>
    private static double Number(Quantity amount) => amount.MilliValue == long.MaxValue ? amount.Value : amount.MilliValue / 1000.0;

    private static Dictionary<string, Quantity> AmountsOf(IDictionary<string, ResourceQuantity>? amounts) =>
        amounts.OrNone().ToDictionary(amount => amount.Key, amount => Quantity.From(amount.Value), StringComparer.Ordinal);

    private static IEnumerable<KeyValuePair<string, Quantity>> InOrder(IDictionary<string, ResourceQuantity>? amounts) =>
        AmountsOf(amounts).OrderBy(amount => amount.Key, StringComparer.Ordinal);

    private static Quantity? Find(Dictionary<string, Quantity> amounts, string name) => amounts.TryGetValue(name, out var amount) ? amount : null;

    private static void Add(List<string> faults, string? fault)
    {
        if (fault is not null)
            faults.Add(fault);
    }
}
