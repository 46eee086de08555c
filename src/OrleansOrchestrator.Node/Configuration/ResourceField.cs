using System.Globalization;
using k8s.Models;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>Reads requests and limits of a container for the downward API.</summary>
/// <remarks>A limit that is not set reads as what the node can give; a request that is not set as zero.</remarks>
internal sealed class ResourceField(IReadOnlyDictionary<string, ResourceQuantity> allocatable)
{
    public string Read(V1Container container, string resource, ResourceQuantity? divisor)
    {
        var dot = resource.IndexOf('.', StringComparison.Ordinal);
        var (kind, name) = (dot < 0 ? resource : resource[..dot], dot < 0 ? "" : resource[(dot + 1)..]);
        var value = kind switch
        {
            "limits" => Find(container.Resources?.Limits, name) ?? Of(allocatable.GetValueOrDefault(name)),
            "requests" => Find(container.Resources?.Requests, name) ?? 0,
            _ => throw new ConfigurationException($"unsupported container resource: {resource}"),
        };
        var unit = divisor?.ToDecimal() is { } d and > 0 ? d : 1;
        return decimal.Ceiling(value / unit).ToString(CultureInfo.InvariantCulture);
    }

    private static decimal? Find(IDictionary<string, ResourceQuantity>? map, string name) =>
        map is not null && map.TryGetValue(name, out var quantity) ? quantity.ToDecimal() : null;

    private static decimal Of(ResourceQuantity? quantity) => quantity?.ToDecimal() ?? 0;
}
