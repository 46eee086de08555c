using System.Globalization;
using k8s.Models;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>Reads a container's requests and limits for the downward API.</summary>
/// <remarks>A missing limit reads as the node's allocatable amount; a missing request as zero.</remarks>
internal sealed class ResourceField(IReadOnlyDictionary<string, ResourceQuantity> allocatable)
{
    public string Read(V1Container container, string resource, ResourceQuantity? divisor)
    {
        var dot = resource.IndexOf('.', StringComparison.Ordinal);
        var (kind, name) = (dot < 0 ? resource : resource[..dot], dot < 0 ? "" : resource[(dot + 1)..]);
        var value = kind switch
        {
            "limits" => Amount.Of(container.Resources?.Limits, name) ?? Amount.Of(allocatable.GetValueOrDefault(name)),
            "requests" => Amount.Of(container.Resources?.Requests, name) ?? 0,
            _ => throw new ConfigurationException($"unsupported container resource: {resource}"),
        };
        var unit = Amount.Of(divisor) is > 0 and var given ? given : 1;
        return decimal.Ceiling(value / unit).ToString(CultureInfo.InvariantCulture);
    }
}
