using System.Globalization;
using k8s.Models;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>The variables by which a container finds services without DNS.</summary>
/// <remarks>See "Environment variables" in the Kubernetes page on Services. The second half are Docker's link variables.</remarks>
/// <param name="bytesMax">
/// The most bytes of the variables of all services. A program cannot start with more than 2 MiB, and one service with thousands of
/// ports must not keep all pods of its namespace from starting.
/// </param>
/// <param name="leftOut">Receives services that are left out, and why.</param>
internal sealed class ServiceEnvironment(int bytesMax, Action<V1Service, string> leftOut)
{
    /// <summary>Lists the variables of all services that a pod in the namespace can see.</summary>
    /// <param name="services">The services of the cluster.</param>
    /// <param name="ns">The namespace of the pod.</param>
    /// <param name="enableLinks">Whether to include the namespace's services, or only the API's.</param>
    /// <returns>The variables. If they are too many, those of the largest services are left out.</returns>
    public IEnumerable<KeyValuePair<string, string>> Build(
        IEnumerable<V1Service> services, string ns, bool enableLinks)
    {
        var visible = new SortedDictionary<string, V1Service>(StringComparer.Ordinal);
        foreach (var service in services.Where(HasAddress))
        {
            var isApi = service.Metadata.NamespaceProperty == "default" && service.Metadata.Name == "kubernetes";
            var isOwn = service.Metadata.NamespaceProperty == ns;

            // With links, a service named kubernetes in the pod's own namespace hides the API's.
            if (isOwn && (enableLinks || isApi))
                visible[service.Metadata.Name] = service;
            else if (isApi)
                visible.TryAdd(service.Metadata.Name, service);
        }

        LeaveOutLargest(visible);
        return visible.Values.SelectMany(Variables);
    }

    private void LeaveOutLargest(SortedDictionary<string, V1Service> visible)
    {
        var sizes = visible.Values.Select(service => (Service: service, Bytes: BytesOf(service))).ToList();
        var total = sizes.Sum(size => size.Bytes);
        foreach (var (service, bytes) in sizes.OrderByDescending(size => size.Bytes).TakeWhile(_ => total > bytesMax))
        {
            total -= bytes;
            visible.Remove(service.Metadata.Name);
            leftOut(service, $"Containers get no variables of this service, which has {service.Spec.Ports.Count} ports: those of all services "
                + $"of the namespace would have more than {bytesMax} bytes. Find it by DNS instead.");
        }
    }

    /// <summary>The size of a service's variables. For a service that exceeds the bound alone, any size above the bound.</summary>
    private long BytesOf(V1Service service)
    {
        var bytes = 0L;
        foreach (var (name, value) in Variables(service))
        {
            bytes += ProgramInput.BytesOf(name, value);
            if (bytes > bytesMax)
                break;
        }

        return bytes;
    }

    private static bool HasAddress(V1Service service) =>
        service.Spec?.ClusterIP is { Length: > 0 } ip && ip != "None" && service.Spec.Ports is { Count: > 0 };

    private static IEnumerable<KeyValuePair<string, string>> Variables(V1Service service)
    {
        var prefix = service.Metadata.Name.ToUpperInvariant().Replace('-', '_');
        var ip = service.Spec.ClusterIP;
        var host = ip.Contains(':', StringComparison.Ordinal) ? $"[{ip}]" : ip;
        yield return new($"{prefix}_SERVICE_HOST", ip);
        yield return new($"{prefix}_SERVICE_PORT", Number(service.Spec.Ports[0].Port));
        foreach (var port in service.Spec.Ports.Where(p => !string.IsNullOrEmpty(p.Name)))
            yield return new($"{prefix}_SERVICE_PORT_{port.Name.ToUpperInvariant().Replace('-', '_')}", Number(port.Port));

        var first = service.Spec.Ports[0];
        yield return new($"{prefix}_PORT", $"{Protocol(first)}://{host}:{Number(first.Port)}");
        foreach (var port in service.Spec.Ports)
        {
            var name = $"{prefix}_PORT_{Number(port.Port)}_{Protocol(port).ToUpperInvariant()}";
            yield return new(name, $"{Protocol(port)}://{host}:{Number(port.Port)}");
            yield return new($"{name}_PROTO", Protocol(port));
            yield return new($"{name}_PORT", Number(port.Port));
            yield return new($"{name}_ADDR", ip);
        }
    }

    private static string Protocol(V1ServicePort port) => (port.Protocol ?? "TCP").ToLowerInvariant();

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
