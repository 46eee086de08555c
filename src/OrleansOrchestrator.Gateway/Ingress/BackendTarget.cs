using k8s.Models;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Gateway.Ingress;

/// <summary>How the servers behind a port of a service are spoken to.</summary>
internal enum BackendProtocol
{
    /// <summary>HTTP/1.1.</summary>
    Http,

    /// <summary>HTTP over TLS, in the version that both sides have.</summary>
    Https,

    /// <summary>HTTP/2 without TLS, as for gRPC.</summary>
    Http2,
}

/// <summary>The endpoints of a backend.</summary>
/// <param name="Protocol">How they are spoken to.</param>
/// <param name="Endpoints">Those that take requests.</param>
internal sealed record BackendTarget(BackendProtocol Protocol, IReadOnlyList<BackendEndpoint> Endpoints)
{
    /// <summary>No endpoints.</summary>
    public static BackendTarget None { get; } = new(BackendProtocol.Http, []);

    /// <summary>
    /// Finds the endpoints of a backend: the ready ones, or if there are none those that are ending and still serve.
    /// </summary>
    /// <param name="key">The backend.</param>
    /// <param name="service">Its service; null if it does not exist.</param>
    /// <param name="slices">The service's slices.</param>
    /// <param name="before">The endpoints until now. Those that stay are kept, with what is known of them.</param>
    public static BackendTarget Of(BackendKey key, V1Service? service, IEnumerable<V1EndpointSlice> slices, BackendTarget before)
    {
        if (service is null || service.Spec?.Type == "ExternalName" || key.PortIn(service) is not { } port)
            return None;
        var kept = before.Endpoints.ToDictionary(endpoint => endpoint.Address);
        var ready = new List<BackendEndpoint>();
        var ending = new List<BackendEndpoint>();
        var known = new HashSet<object>();
        foreach (var slice in slices.Where(slice => slice.AddressType is "IPv4" or "IPv6"))
        {
            if ((slice.Ports ?? []).FirstOrDefault(open => (open.Name ?? "") == (port.Name ?? "") && open.Protocol is null or "TCP")?.Port is not { } number)
                continue;
            foreach (var endpoint in slice.Endpoints ?? [])
            {
                // A pod with addresses of both families is one endpoint.
                if (AddressOf(slice, endpoint, number) is not { } address || !known.Add(address.PodUid.Length == 0 ? address : (address.PodUid, number)))
                    continue;
                if (endpoint.Conditions?.Ready is not false)
                    ready.Add(kept.GetValueOrDefault(address) ?? new BackendEndpoint(address));
                else if (endpoint.Conditions is { Terminating: true, Serving: not false })
                    ending.Add(kept.GetValueOrDefault(address) ?? new BackendEndpoint(address));
            }
        }

        return new BackendTarget(ProtocolOf(port.AppProtocol), ready.Count > 0 ? ready : ending);
    }

    private static EndpointAddress? AddressOf(V1EndpointSlice slice, V1Endpoint endpoint, int port)
    {
        if (endpoint.Addresses is not [{ } text, ..] || !AddressSyntax.TryParse(text, out var address))
            return null;
        if (endpoint.TargetRef is not { Kind: "Pod", Name: { Length: > 0 } pod } reference || string.IsNullOrEmpty(endpoint.NodeName))
            return new EndpointAddress("", null, "", "", address, port);

        // The name becomes a part of a path, and nobody has validated it.
        return NameRules.IsDns1123Subdomain(pod).Count == 0
            ? new EndpointAddress(slice.Metadata.NamespaceProperty ?? "", pod, reference.Uid ?? "", endpoint.NodeName, address, port)
            : null;
    }

    /// <remarks>See https://kubernetes.io/docs/concepts/services-networking/service/#application-protocol.</remarks>
    private static BackendProtocol ProtocolOf(string? application) => application switch
    {
        "kubernetes.io/h2c" or "grpc" => BackendProtocol.Http2,
        "https" or "kubernetes.io/wss" or "wss" => BackendProtocol.Https,
        _ => BackendProtocol.Http,
    };
}
