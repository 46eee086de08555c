using k8s.Models;

namespace OrleansOrchestrator.Model.Pods;

/// <summary>A host port of a container. Scheduler and node share what conflicts.</summary>
/// <param name="Ip">The host address to bind; empty or 0.0.0.0 means all.</param>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
/// <param name="Port">The port number.</param>
public readonly record struct HostPort(string Ip, string Protocol, int Port)
{
    /// <summary>The address that stands for all of the node.</summary>
    public const string AnyAddress = "0.0.0.0";

    /// <summary>The host ports of a pod; null if it has none.</summary>
    public static HostPort[]? Of(V1PodSpec spec)
    {
        List<HostPort>? ports = null;
        foreach (var container in spec.Containers ?? [])
            Collect(container);

        // Of init containers, only sidecars keep their ports while the pod runs.
        foreach (var container in spec.Sidecars)
            Collect(container);

        return ports is null ? null : [.. ports];

        void Collect(V1Container container)
        {
            foreach (var port in container.Ports ?? [])
            {
                if (port.HostPort is > 0 and var number)
                    (ports ??= []).Add(From(port.HostIP, port.Protocol, number));
            }
        }
    }

    /// <summary>Reads a port with the defaults of its fields.</summary>
    public static HostPort From(string? ip, string? protocol, int port) =>
        new(string.IsNullOrEmpty(ip) ? AnyAddress : ip, string.IsNullOrEmpty(protocol) ? "TCP" : protocol, port);

    /// <summary>Whether not both can be bound on one node.</summary>
    public bool ConflictsWith(HostPort other) =>
        Port == other.Port && Protocol == other.Protocol && (Ip == other.Ip || Ip == AnyAddress || other.Ip == AnyAddress);
}
