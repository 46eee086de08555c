using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;

namespace OrleansOrchestrator.Kinds.Core.Services;

/// <summary>The columns of <c>kubectl get services</c>.</summary>
internal static class ServiceCells
{
    // kubectl truncates long lists of load balancers except in wide output.
    private const int BalancersLengthMax = 16;

    public static string ClusterIP(V1Service service) => (service.Spec?.ClusterIP).Or("<none>");

    public static string ExternalIP(V1Service service)
    {
        var addresses = (service.Spec?.ExternalIPs).OrNone();
        switch (service.Spec?.Type)
        {
            case "ClusterIP" or "NodePort":
                return addresses.Count > 0 ? string.Join(',', addresses) : "<none>";
            case "LoadBalancer":
                var balancers = Balancers(service.Status?.LoadBalancer);
                if (addresses.Count > 0)
                    return string.Join(',', balancers.Length > 0 ? addresses.Prepend(balancers) : addresses);
                return balancers.Or("<pending>");
            case "ExternalName":
                return service.Spec.ExternalName ?? "";
            default:
                return "<unknown>";
        }
    }

    public static string Ports(V1Service service) =>
        string.Join(',', (service.Spec?.Ports).OrNone().Select(Port)).Or("<none>");

    private static string Port(V1ServicePort port) => port.NodePort > 0
        ? string.Create(CultureInfo.InvariantCulture, $"{port.Port}:{port.NodePort}/{port.Protocol}")
        : string.Create(CultureInfo.InvariantCulture, $"{port.Port}/{port.Protocol}");

    private static string Balancers(V1LoadBalancerStatus? status)
    {
        var points = (status?.Ingress).OrNone().Select(ingress => ingress.Ip.Or(ingress.Hostname ?? ""))
            .Where(point => point.Length > 0).Distinct().Order(StringComparer.Ordinal);
        var text = string.Join(',', points);
        return text.Length > BalancersLengthMax ? text[..(BalancersLengthMax - 3)] + "..." : text;
    }
}
