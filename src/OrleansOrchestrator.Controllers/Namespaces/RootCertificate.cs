namespace OrleansOrchestrator.Controllers.Namespaces;

/// <summary>What pods trust when they call the API.</summary>
/// <param name="Pem">The certificate of the cluster's authority as PEM; null where the API is served by somebody else.</param>
public sealed record RootCertificate(string? Pem);
