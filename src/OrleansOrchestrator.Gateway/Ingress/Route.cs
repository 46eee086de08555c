using k8s.Models;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Ingress;

/// <summary>Where requests of a host and path go.</summary>
/// <param name="Ingress">The ingress that says so.</param>
/// <param name="Backend">The backend.</param>
/// <param name="SecureHosts">The hosts of which HTTP is redirected to HTTPS; null if there are none.</param>
internal sealed record Route(ObjectKey Ingress, Backend Backend, HostMap<V1IngressTLS>? SecureHosts);
