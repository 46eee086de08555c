using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.Endpoints;

/// <summary>
/// The subsets of a service's Endpoints. Ports that the same addresses serve are in one subset. Everything is in a canonical order,
/// so that equal sets of pods give equal subsets.
/// </summary>
/// <remarks>See RepackSubsets in k8s.io/kubernetes/pkg/api/v1/endpoints and pkg/controller/endpoint.</remarks>
internal static class EndpointSubsets
{
    /// <summary>The subsets for the pods that a service selects, given in any order.</summary>
    public static List<V1EndpointSubset> Of(V1Service service, IEnumerable<V1Pod> pods)
    {
        var addresses = Addresses(service, pods);
        var servedByPort = new Dictionary<EndpointPort, List<int>>();
        for (var i = 0; i < addresses.Count; i++)
        {
            foreach (var port in PortsOf(service, addresses[i].Pod))
            {
                if (!servedByPort.TryGetValue(port, out var served))
                    servedByPort.Add(port, served = []);
                if (served.Count == 0 || served[^1] != i)
                    served.Add(i);
            }
        }

        return
        [
            .. servedByPort
                .OrderBy(entry => entry.Key)
                .GroupBy(entry => entry.Value, entry => entry.Key, IndexListComparer.Instance)
                .Select(group => Subset(group, group.Key.ConvertAll(i => addresses[i]))),
        ];
    }

    /// <summary>Drops addresses beyond a number and beyond a size in bytes, those that are not ready first.</summary>
    /// <returns>Whether any were dropped.</returns>
    public static bool Truncate(List<V1EndpointSubset> subsets, int addressesMax, int bytesMax)
    {
        var isTruncated = Truncate(subsets, addressesMax);
        while (subsets.Count > 0 && ObjectCodec.Encode(subsets).LongLength is var bytes && bytes > bytesMax)
        {
            // Addresses have similar lengths, so their share can be estimated. Ports do not shrink with them, so each round drops at least a tenth.
            var present = subsets.Sum(subset => (subset.Addresses?.Count ?? 0) + (subset.NotReadyAddresses?.Count ?? 0));
            Truncate(subsets, (int)(present * Math.Min(0.9, (double)bytesMax / bytes)));
            isTruncated = true;
        }

        return isTruncated;
    }

    private static bool Truncate(List<V1EndpointSubset> subsets, int addressesMax)
    {
        var left = addressesMax;
        var isTruncated = false;
        foreach (var subset in subsets)
            subset.Addresses = Take(subset.Addresses);
        foreach (var subset in subsets)
            subset.NotReadyAddresses = Take(subset.NotReadyAddresses);
        subsets.RemoveAll(subset => subset.Addresses is null && subset.NotReadyAddresses is null);
        return isTruncated;

        IList<V1EndpointAddress>? Take(IList<V1EndpointAddress>? addresses)
        {
            if (addresses is null)
                return null;
            var taken = Math.Min(left, addresses.Count);
            left -= taken;
            isTruncated |= taken < addresses.Count;
            return taken == 0 ? null : [.. addresses.Take(taken)];
        }
    }

    private static List<PodAddress> Addresses(V1Service service, IEnumerable<V1Pod> pods)
    {
        var isEarly = service.Spec.PublishNotReadyAddresses is true;
        return
        [
            .. pods
                .Where(pod => !pod.IsTerminal && (isEarly || !pod.IsDeleting))
                .Select(pod => new PodAddress(pod, IpOf(service, pod), HostnameOf(service, pod), isEarly || pod.IsReady))
                .Where(address => address.Ip.Length > 0)
                .OrderBy(address => address.Ip, StringComparer.Ordinal)
                .ThenBy(address => address.Pod.Metadata.Uid, StringComparer.Ordinal),
        ];
    }

    /// <summary>The pod's address in the service's first address family.</summary>
    private static string IpOf(V1Service service, V1Pod pod)
    {
        var first = pod.Status?.PodIP ?? "";
        if (service.Spec.IpFamilies is not [var family, ..])
            return first.Length > 0 ? first : pod.Status?.PodIPs?.FirstOrDefault()?.Ip ?? "";
        var candidates = (pod.Status?.PodIPs ?? []).Select(ip => ip.Ip).Prepend(first);
        return candidates.FirstOrDefault(ip => !string.IsNullOrEmpty(ip) && ip.Contains(':', StringComparison.Ordinal) == (family == "IPv6")) ?? "";
    }

    private static string? HostnameOf(V1Service service, V1Pod pod) =>
        pod.Spec?.Hostname is { Length: > 0 } hostname && pod.Spec.Subdomain == service.Metadata.Name ? hostname : null;

    private static IEnumerable<EndpointPort> PortsOf(V1Service service, V1Pod pod)
    {
        if (service.Spec.Ports is not { Count: > 0 } ports)
        {
            // A headless service may have no ports: DNS needs its addresses only.
            return service.Spec.ClusterIP == "None" ? [EndpointPort.None] : [];
        }

        return ports
            .Select(port => (Port: port, Number: TargetPort.Find(pod, port)))
            .Where(found => found.Number is not null)
            .Select(found => new EndpointPort(
                found.Port.Name ?? "", found.Number!.Value, found.Port.Protocol ?? "TCP", found.Port.AppProtocol ?? ""));
    }

    private static V1EndpointSubset Subset(IEnumerable<EndpointPort> ports, List<PodAddress> addresses) => new()
    {
        Addresses = NullIfEmpty(addresses.Where(address => address.IsReady)),
        NotReadyAddresses = NullIfEmpty(addresses.Where(address => !address.IsReady)),
        Ports = ports.Where(port => port != EndpointPort.None).Select(port => port.ToApi()).ToList() is { Count: > 0 } list ? list : null,
    };

    private static List<V1EndpointAddress>? NullIfEmpty(IEnumerable<PodAddress> addresses) =>
        addresses.Select(address => address.ToApi()).ToList() is { Count: > 0 } list ? list : null;

    /// <summary>Compares lists of indexes by their items, in order.</summary>
    private sealed class IndexListComparer : IEqualityComparer<List<int>>
    {
        public static readonly IndexListComparer Instance = new();

        public bool Equals(List<int>? x, List<int>? y) => ReferenceEquals(x, y) || (x is not null && y is not null && x.SequenceEqual(y));

        public int GetHashCode(List<int> obj)
        {
            var hash = new HashCode();
            foreach (var index in obj)
                hash.Add(index);
            return hash.ToHashCode();
        }
    }
}
