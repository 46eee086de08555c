namespace OrleansOrchestrator.Controllers.Ingresses;

/// <summary>Whether ingresses of several namespaces may share a host.</summary>
/// <param name="IsOn">Otherwise a host belongs to the namespace of the oldest ingress that names it.</param>
public sealed record IngressHostSharing(bool IsOn);
