using OrleansOrchestrator.Kinds.Certificates;

namespace OrleansOrchestrator.Controllers.Certificates;

/// <summary>Signs certificates with the key of the cluster's authority, which only the host has.</summary>
/// <param name="Sign">Makes the certificate of an order as PEM; null if another program signs.</param>
public sealed record ClusterSigner(Func<CertificateOrder, byte[]>? Sign);
